package api

import (
	"context"

	"github.com/bwmarrin/discordgo"
)

// ReadOriginal reads what the first answer of an interaction is now.
func (c *Client) ReadOriginal(ctx context.Context, t Token) (Posted, error) {
	const op = "read the answer"
	if err := c.usable(op, t); err != nil {
		return Posted{}, err
	}
	if err := plain(op, t.App, t.Token); err != nil {
		return Posted{}, err
	}
	return c.read(ctx, call{
		op: op, method: "GET", url: discordgo.EndpointWebhookMessage(t.App, t.Token, original),
		by: byToken, token: &t, target: tokenKey(t), again: true,
	})
}

// Read reads what a message is now, by the bot's token.
func (c *Client) Read(ctx context.Context, channel, message string) (Posted, error) {
	const op = "read the message"
	if err := plain(op, channel, message); err != nil {
		return Posted{}, err
	}
	return c.read(ctx, call{
		op: op, method: "GET", url: discordgo.EndpointChannelMessage(channel, message), target: "read " + channel, again: true,
	})
}

func (c *Client) read(ctx context.Context, k call) (Posted, error) {
	var answer message
	k.answers = &answer
	if err := c.do(ctx, k); err != nil {
		return Posted{}, err
	}
	return answer.posted(), nil
}
