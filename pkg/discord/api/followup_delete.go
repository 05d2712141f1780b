package api

import (
	"context"

	"github.com/bwmarrin/discordgo"
)

// DeleteFollowup removes another answer of an interaction. Of one that its asker
// alone sees nothing else can.
func (c *Client) DeleteFollowup(ctx context.Context, t Token, message string) error {
	const op = "delete another answer"
	if err := c.usable(op, t); err != nil {
		return err
	}
	if err := plain(op, t.App, t.Token, message); err != nil {
		return err
	}
	return c.do(ctx, call{
		op: op, method: "DELETE", url: discordgo.EndpointWebhookMessage(t.App, t.Token, message),
		by: byToken, token: &t, target: tokenKey(t), again: true,
	})
}
