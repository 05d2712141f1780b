package comfy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// DeleteQueued takes waiting prompts out of the queue. Success says nothing
// about whether they were there: read the Queue.
func (c *Client) DeleteQueued(ctx context.Context, ids ...PromptID) error {
	return c.forget(ctx, "delete waiting prompts", "queue", ids)
}

// ForgetHistory drops the history entries of prompts.
func (c *Client) ForgetHistory(ctx context.Context, ids ...PromptID) error {
	return c.forget(ctx, "forget history", "history", ids)
}

func (c *Client) forget(ctx context.Context, operation, route string, ids []PromptID) error {
	if len(ids) == 0 {
		return nil
	}
	return c.post(ctx, operation, c.address.at(nil, route), map[string][]PromptID{"delete": ids})
}

// Interrupt stops a prompt if it is the one that runs; it takes effect between
// the steps of a node. Servers before Version.InterruptsByID stop whatever
// runs: do not call it there.
func (c *Client) Interrupt(ctx context.Context, id PromptID) error {
	if id == "" {
		return errors.New("interrupt: no prompt id, which would stop whatever runs")
	}
	return c.post(ctx, "interrupt", c.address.at(nil, "interrupt"), map[string]PromptID{"prompt_id": id})
}

// CancelJob cancels a prompt wherever it is, atomically; false where it had ended
// or is unknown. ErrUnsupported on servers before Version.CancelsJobs.
func (c *Client) CancelJob(ctx context.Context, id PromptID) (bool, error) {
	const operation = "cancel job"
	if err := checkSegment(operation, id); err != nil {
		return false, err
	}
	k := call{operation: operation, method: http.MethodPost, url: c.address.at(nil, "api", "jobs", string(id), "cancel")}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	a, err := c.read(ctx, k)
	switch {
	case err != nil:
		return false, err
	case a.status == http.StatusOK:
		return decodeCancelled(a.body)
	case a.status == http.StatusNotFound && a.isJSON():
		return false, nil
	case a.status == http.StatusNotFound || a.status == http.StatusMethodNotAllowed:
		return false, fmt.Errorf("%s: %w", operation, ErrUnsupported)
	}
	return false, a.failure(operation)
}

func decodeCancelled(body []byte) (bool, error) {
	var a struct {
		Cancelled *bool `json:"cancelled"`
	}
	err := decode(body, &a)
	if err == nil && a.Cancelled == nil {
		err = fmt.Errorf("%w: no field cancelled", ErrMalformed)
	}
	if err != nil {
		return false, fmt.Errorf("cancel job: %w", err)
	}
	return *a.Cancelled, nil
}

// checkSegment refuses ids that would change the path of a request: before 0.25.0 a
// server takes any string as an id.
func checkSegment(operation string, id PromptID) error {
	if id == "" || id == "." || id == ".." {
		encoded, _ := json.Marshal(id) // a string always encodes
		return fmt.Errorf("%s: %w: prompt id %s", operation, ErrMalformed, encoded)
	}
	return nil
}
