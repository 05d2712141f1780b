package api

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/bwmarrin/discordgo"
)

const (
	// oldMessage is the age from which edits have a narrower limit, beside the channel's.
	oldMessage = time.Hour
	// unreadableHistory refuses a reference to a message that the bot may not read.
	unreadableHistory = 160002
)

// Edit replaces a message of the bot's, by the bot's token.
func (c *Client) Edit(ctx context.Context, channel, message string, m Message) (Posted, error) {
	return c.write(ctx, call{
		op: "edit the message", method: "PATCH", url: discordgo.EndpointChannelMessage(channel, message),
		target: "edit " + channel, old: c.old(message), again: true,
	}, m.whole(), m.Files, channel, message)
}

// Post sends a new message. With a nonce it is repeated where it failed without an
// answer; Discord posts it once. A reference that the bot may not make is left out.
func (c *Client) Post(ctx context.Context, channel string, m Message) (Posted, error) {
	const op = "post a message"
	if len(m.Nonce) > MaxNonce {
		return Posted{}, &Error{Op: op, Kind: Invalid, Message: "the nonce is longer than 25 characters"}
	}
	p := m.fresh()
	p.Flags = 0 // only answers can be for one person
	p.Nonce, p.Enforce = m.Nonce, m.Nonce != ""
	if m.ReplyTo != "" {
		p.Reference = &reference{Message: m.ReplyTo}
	}
	k := call{
		op: op, method: "POST", url: discordgo.EndpointChannelMessages(channel),
		target: "post " + channel, again: p.Enforce,
	}
	posted, err := c.write(ctx, k, p, m.Files, channel)
	if e, ok := errors.AsType[*Error](err); ok && e.Code == unreadableHistory && p.Reference != nil {
		p.Reference = nil
		return c.write(ctx, k, p, m.Files, channel)
	}
	return posted, err
}

// write sends a message by the bot's token.
func (c *Client) write(ctx context.Context, k call, p payload, files []File, ids ...string) (Posted, error) {
	if err := plain(k.op, ids...); err != nil {
		return Posted{}, err
	}
	ctype, body, done, err := c.encode(ctx, k.op, p, files)
	if err != nil {
		return Posted{}, err
	}
	defer done()
	var answer message
	k.ctype, k.body, k.answers = ctype, body, &answer
	if err := c.do(ctx, k); err != nil {
		return Posted{}, err
	}
	return answer.posted(), nil
}

// Get reads a message. Components of kinds that are not known here are left out.
func (c *Client) Get(ctx context.Context, channel, message string) (*discordgo.Message, error) {
	const op = "read the message"
	if err := plain(op, channel, message); err != nil {
		return nil, err
	}
	var answer json.RawMessage
	err := c.do(ctx, call{
		op: op, method: "GET", url: discordgo.EndpointChannelMessage(channel, message),
		target: "read " + channel, again: true, answers: &answer,
	})
	if err != nil {
		return nil, err
	}
	m, err := parseMessage(answer)
	if err != nil {
		return nil, &Error{Op: op, Kind: Down, Message: "the answer makes no sense", Err: err}
	}
	return m, nil
}

// Delete removes a message.
func (c *Client) Delete(ctx context.Context, channel, message string) error {
	const op = "delete the message"
	if err := plain(op, channel, message); err != nil {
		return err
	}
	return c.do(ctx, call{
		op: op, method: "DELETE", url: discordgo.EndpointChannelMessage(channel, message),
		target: "delete " + channel, again: true,
	})
}

// DM is the channel of the direct messages with a user.
func (c *Client) DM(ctx context.Context, user string) (string, error) {
	const op = "open the direct messages"
	if err := plain(op, user); err != nil {
		return "", err
	}
	ctype, body, _, err := c.encode(ctx, op, map[string]string{"recipient_id": user}, nil)
	if err != nil {
		return "", err
	}
	var answer struct {
		ID string `json:"id"`
	}
	err = c.do(ctx, call{
		op: op, method: "POST", url: discordgo.EndpointUserChannels("@me"),
		ctype: ctype, body: body, target: "dm", again: true, answers: &answer,
	})
	if err == nil && answer.ID == "" {
		err = &Error{Op: op, Kind: Down, Message: "the answer names no channel"}
	}
	return answer.ID, err
}

// Channel is what is known of a channel.
type Channel struct {
	ID            string                `json:"id"`
	Guild         string                `json:"guild_id"`
	Parent        string                `json:"parent_id"`
	Type          discordgo.ChannelType `json:"type"`
	AgeRestricted bool                  `json:"nsfw"`
}

// Channel asks about a channel.
func (c *Client) Channel(ctx context.Context, channel string) (Channel, error) {
	const op = "read the channel"
	if err := plain(op, channel); err != nil {
		return Channel{}, err
	}
	var answer Channel
	err := c.do(ctx, call{
		op: op, method: "GET", url: discordgo.EndpointChannel(channel),
		target: "channel " + channel, again: true, answers: &answer,
	})
	return answer, err
}

// WaitChannel is how long the next edit of the message would wait for its rate limit,
// as far as this process knows it: other replicas share the limit.
func (c *Client) WaitChannel(channel, message string) time.Duration {
	return c.limits.look("edit "+channel, c.old(message), byBot)
}

// old says whether edits of the message have the narrower limit too.
func (c *Client) old(message string) bool {
	made, err := discordgo.SnowflakeTimestamp(message)
	return err == nil && c.now().Sub(made) > oldMessage
}
