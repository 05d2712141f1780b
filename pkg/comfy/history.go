package comfy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// Outcome is how a prompt ended.
type Outcome string

// The ways to end.
const (
	OutcomeSuccess     Outcome = "success"
	OutcomeError       Outcome = "error"
	OutcomeInterrupted Outcome = "interrupted"
)

// Entry is the history of a prompt that has ended.
type Entry struct {
	ID             PromptID
	ClientID       string
	Extra          map[string]json.RawMessage // extra_data
	Outcome        Outcome
	Outputs        []Output        // in the order in which the nodes finished
	Failure        *ExecutionError // of OutcomeError, where the server kept it
	Cached         []string        // nodes that were answered from the cache
	Started, Ended time.Time       // by the server's clock; zero where it did not say
}

// History reads how a prompt ended. It is nil without an error while the
// prompt runs or waits, and when the server never knew or has forgotten it.
func (c *Client) History(ctx context.Context, id PromptID) (*Entry, error) {
	const operation = "read history"
	if err := checkSegment(operation, id); err != nil {
		return nil, err
	}
	entries, err := c.history(ctx, operation, c.address.at(nil, "history", string(id)))
	if err != nil {
		return nil, err
	}
	for i := range entries {
		if entries[i].ID == id {
			return &entries[i], nil
		}
	}
	return nil, nil
}

// RecentHistory reads the newest n entries, oldest of them first.
func (c *Client) RecentHistory(ctx context.Context, n int) ([]Entry, error) {
	query := url.Values{"max_items": {strconv.Itoa(max(n, 1))}}
	return c.history(ctx, "read recent history", c.address.at(query, "history"))
}

func (c *Client) history(ctx context.Context, operation, url string) ([]Entry, error) {
	var raw json.RawMessage
	if err := c.get(ctx, operation, url, &raw); err != nil {
		return nil, err
	}
	entries, err := DecodeHistory(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", operation, err)
	}
	return entries, nil
}

// DecodeHistory parses an answer of GET /history, or of /history/{id}, in the order
// of the server. An entry that cannot be read makes all of it an error.
func DecodeHistory(data []byte) ([]Entry, error) {
	var inOrder looseFields
	if err := decode(data, &inOrder); err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return nil, fmt.Errorf("%w: not a history", ErrMalformed)
	}
	var entries []Entry
	for _, f := range inOrder {
		var raw *historyEntry
		if err := decode(f.value, &raw); err != nil {
			return nil, fmt.Errorf("entry of %q: %w", f.name, err)
		}
		if raw == nil {
			return nil, fmt.Errorf("%w: no entry of %q", ErrMalformed, f.name)
		}
		entries = append(entries, raw.parse(PromptID(f.name)))
	}
	return entries, nil
}

type historyEntry struct {
	Prompt  looseList   `json:"prompt"` // [number, prompt_id, prompt, extra_data, outputs]
	Outputs looseFields `json:"outputs"`
	Status  struct {
		Outcome   looseString `json:"status_str"`
		Completed looseBool   `json:"completed"`
		Messages  looseList   `json:"messages"` // [type, data]
	} `json:"status"`
}

func (h *historyEntry) parse(id PromptID) Entry {
	e := Entry{ID: id, Outcome: OutcomeSuccess}
	if h.Status.Outcome == "error" && !h.Status.Completed {
		e.Outcome = OutcomeError
	}
	if len(h.Prompt) > 3 {
		e.ClientID, e.Extra = decodeExtra(h.Prompt[3])
	}
	for _, node := range h.Outputs {
		e.Outputs = append(e.Outputs, decodeOutputs(node.name, node.value)...)
	}
	for _, m := range h.Status.Messages {
		e.apply(m)
	}
	return e
}

// apply reads one of the messages that were also sent over the socket. The last
// of them tells failed from interrupted: status_str is "error" for both.
func (e *Entry) apply(message json.RawMessage) {
	var parts looseList
	_ = parts.UnmarshalJSON(message)
	if len(parts) < 2 {
		return
	}
	var kind looseString
	_ = kind.UnmarshalJSON(parts[0])
	var m textData
	if json.Unmarshal(parts[1], &m) != nil {
		return
	}
	at := m.Timestamp.moment()
	switch kind {
	case "execution_start":
		e.Started = at
	case "execution_cached":
		e.Cached = m.cachedNodes()
	case "execution_success":
		e.Outcome, e.Ended = OutcomeSuccess, at
	case "execution_interrupted":
		e.Outcome, e.Ended = OutcomeInterrupted, at
	case "execution_error":
		e.Outcome, e.Ended, e.Failure = OutcomeError, at, new(m.failure())
	}
}
