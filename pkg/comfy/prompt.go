package comfy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"strings"
)

// PromptID names one run of a graph. Servers since 0.25.0 take only canonical
// lower-case UUIDs.
type PromptID string

// Prompt is a submission.
type Prompt struct {
	Graph    json.RawMessage // in API format
	ID       PromptID        // chosen by the client; old servers ignore it
	ClientID string          // whose socket gets the events
	Extra    map[string]any  // extra_data, found again in queue and history
	Front    bool            // before all that wait
}

// Accepted is a submission that the server queued.
type Accepted struct {
	ID         PromptID             // what the server calls it: compare with the one that was asked for
	Number     float64              // its place in the order; negative at the front
	NodeErrors map[string]NodeError // outputs that were dropped while the rest runs
}

// Submit queues a prompt. It waits for as long as its context and its connection
// live. Errors: *RejectedError, ErrNotSent, and a *StatusError that is
// Refused mean that nothing was queued; after any other the fate of the
// submission is unknown. The server never recognises a repetition: the same
// id twice runs twice.
func (c *Client) Submit(ctx context.Context, p Prompt) (Accepted, error) {
	const operation = "submit prompt"
	body, err := p.encode()
	if err != nil {
		return Accepted{}, err
	}
	connected := false
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }}
	a, err := c.read(httptrace.WithClientTrace(ctx, trace), jsonCall(operation, c.address.at(nil, "prompt"), body))
	if err != nil && !connected {
		err = fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	if err != nil {
		return Accepted{}, err
	}
	switch {
	case a.status == http.StatusOK:
		return decodeAccepted(a.body)
	case a.status == http.StatusBadRequest && a.isJSON():
		return Accepted{}, decodeRejected(a.body)
	case a.status == http.StatusInternalServerError && strings.HasPrefix(a.kind, "text/plain"):
		// The answer to a body that the server cannot read.
		return Accepted{}, &RejectedError{Type: "unreadable", Message: "the server could not read the submission"}
	}
	return Accepted{}, a.failure(operation)
}

// encode writes the body, without the web page's copy of the graph.
func (p Prompt) encode() ([]byte, error) {
	body, err := json.Marshal(struct {
		Graph    json.RawMessage `json:"prompt"`
		ID       PromptID        `json:"prompt_id,omitempty"`
		ClientID string          `json:"client_id,omitempty"`
		Front    bool            `json:"front,omitempty"`
		Extra    map[string]any  `json:"extra_data,omitempty"`
	}{p.Graph, p.ID, p.ClientID, p.Front, p.Extra})
	if err != nil {
		return nil, &RejectedError{Type: "invalid_json", Message: "the graph is not JSON", Details: err.Error()}
	}
	return body, nil
}

func decodeAccepted(body []byte) (Accepted, error) {
	var a struct {
		ID         *PromptID   `json:"prompt_id"`
		Number     looseNumber `json:"number"`
		NodeErrors nodeErrors  `json:"node_errors"`
	}
	err := decode(body, &a)
	if err == nil && a.ID == nil {
		err = fmt.Errorf("%w: no prompt_id", ErrMalformed)
	}
	if err != nil {
		return Accepted{}, fmt.Errorf("submit prompt: read answer: %w", err)
	}
	return Accepted{ID: *a.ID, Number: float64(a.Number), NodeErrors: a.NodeErrors}, nil
}

// decodeRejected reads a refusal; servers of 2023 give the error as a string.
func decodeRejected(body []byte) error {
	var a struct {
		Error      json.RawMessage `json:"error"`
		NodeErrors nodeErrors      `json:"node_errors"`
	}
	var reason struct {
		Type    looseString `json:"type"`
		Message looseString `json:"message"`
		Details looseString `json:"details"`
	}
	if err := decode(body, &a); err != nil {
		return &RejectedError{Type: "unknown", Message: "the server gave no reason that can be read"}
	}
	if json.Unmarshal(a.Error, &reason) != nil {
		_ = json.Unmarshal(a.Error, &reason.Message) // never fails; empty says it
	}
	return &RejectedError{
		Type: string(reason.Type), Message: string(reason.Message), Details: string(reason.Details), Nodes: a.NodeErrors,
	}
}

// nodeErrors decodes the errors of nodes; a list, as some servers give where
// there are none, counts as none.
type nodeErrors map[string]NodeError

func (n *nodeErrors) UnmarshalJSON(data []byte) error {
	var nodes looseMap
	_ = nodes.UnmarshalJSON(data) // never fails
	for id, raw := range nodes {
		var node struct {
			Class   looseString  `json:"class_type"`
			Outputs looseStrings `json:"dependent_outputs"`
			Errors  looseList    `json:"errors"`
		}
		if json.Unmarshal(raw, &node) != nil {
			continue
		}
		if *n == nil {
			*n = make(nodeErrors, len(nodes))
		}
		(*n)[id] = NodeError{Class: string(node.Class), Outputs: node.Outputs, Errors: inputErrors(node.Errors)}
	}
	return nil
}

func inputErrors(list []json.RawMessage) []InputError {
	var errs []InputError
	for _, raw := range list {
		var e struct {
			Type    looseString `json:"type"`
			Message looseString `json:"message"`
			Details looseString `json:"details"`
			Extra   looseMap    `json:"extra_info"`
		}
		if json.Unmarshal(raw, &e) != nil {
			continue
		}
		var input looseString
		_ = input.UnmarshalJSON(e.Extra["input_name"]) // never fails
		errs = append(errs, InputError{Type: string(e.Type), Message: string(e.Message), Details: string(e.Details), Input: string(input)})
	}
	return errs
}

func asStatus(err error) (int, bool) {
	status, ok := errors.AsType[*StatusError](err)
	if !ok {
		return 0, false
	}
	return status.Status, true
}
