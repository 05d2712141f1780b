package api

import (
	"context"
	"io"
)

// Fetch opens an attachment from Discord's content network, or from Base's host. No
// other address is ever asked. Reading more than limit bytes fails with the kind TooLarge.
func (c *Client) Fetch(ctx context.Context, url string, limit int64) (io.ReadCloser, error) {
	panic("stub")
}
