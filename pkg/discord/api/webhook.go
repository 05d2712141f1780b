package api

import (
	"context"
	"time"

	"github.com/bwmarrin/discordgo"
)

// original names the first answer in place of a message's id.
const original = "@original"

// EditOriginal replaces the first answer of an interaction. In the first ten seconds
// its webhook may not be known yet: then it tries again until it is.
func (c *Client) EditOriginal(ctx context.Context, t Token, m Message) (Posted, error) {
	return c.EditFollowup(ctx, t, original, m)
}

// EditFollowup replaces another answer.
func (c *Client) EditFollowup(ctx context.Context, t Token, message string, m Message) (Posted, error) {
	return c.webhook(ctx, "edit the answer", "PATCH", t, message, m.whole(), m.Files)
}

// Followup posts another answer. It is not repeated by itself: a failure may have posted it.
func (c *Client) Followup(ctx context.Context, t Token, m Message) (Posted, error) {
	return c.webhook(ctx, "post another answer", "POST", t, "", m.fresh(), m.Files)
}

// DeleteOriginal removes the first answer.
func (c *Client) DeleteOriginal(ctx context.Context, t Token) error {
	const op = "delete the answer"
	if err := plain(op, t.App, t.Token); err != nil {
		return err
	}
	return c.do(ctx, call{
		op: op, method: "DELETE", url: discordgo.EndpointWebhookMessage(t.App, t.Token, original),
		by: byToken, token: &t, target: tokenKey(t), again: true,
	})
}

// WaitToken is how long the next call with the token would wait for its rate limit.
func (c *Client) WaitToken(t Token) time.Duration { return c.limits.look(tokenKey(t), false, byToken) }

// webhook calls by an interaction's token. The limit is Discord's for webhooks: one for
// each token, whatever is done with it.
func (c *Client) webhook(ctx context.Context, op, method string, t Token, id string, body payload, files []File) (Posted, error) {
	if err := c.usable(op, t); err != nil {
		return Posted{}, err
	}
	url := discordgo.EndpointWebhookToken(t.App, t.Token) + "?wait=true"
	parts := []string{t.App, t.Token}
	if id != "" {
		url = discordgo.EndpointWebhookMessage(t.App, t.Token, id)
		parts = append(parts, id)
	}
	if err := plain(op, parts...); err != nil {
		return Posted{}, err
	}
	ctype, data, done, err := c.encode(ctx, op, body, files)
	if err != nil {
		return Posted{}, err
	}
	defer done()
	var answer message
	err = c.do(ctx, call{
		op: op, method: method, url: url, ctype: ctype, body: data,
		by: byToken, token: &t, target: tokenKey(t), again: id != "", answers: &answer,
	})
	if err != nil {
		return Posted{}, err
	}
	return answer.posted(), nil
}

func tokenKey(t Token) string { return "token " + t.Token }
