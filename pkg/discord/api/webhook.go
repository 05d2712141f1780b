package api

import (
	"context"
	"time"
)

// EditOriginal replaces the first answer of an interaction.
func (c *Client) EditOriginal(ctx context.Context, t Token, m Message) (Posted, error) {
	panic("stub")
}

// Followup posts another answer. It is not repeated by itself: a failure may have posted it.
func (c *Client) Followup(ctx context.Context, t Token, m Message) (Posted, error) { panic("stub") }

// EditFollowup replaces such an answer.
func (c *Client) EditFollowup(ctx context.Context, t Token, message string, m Message) (Posted, error) {
	panic("stub")
}

// DeleteOriginal removes the first answer.
func (c *Client) DeleteOriginal(ctx context.Context, t Token) error { panic("stub") }

// WaitToken is how long the next call with the token would wait for its rate limit.
func (c *Client) WaitToken(t Token) time.Duration { panic("stub") }
