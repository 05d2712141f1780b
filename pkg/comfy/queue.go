package comfy

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// Queue is what the server has to do, of all clients.
type Queue struct {
	Running []Queued
	Pending []Queued // in the order in which they will run
}

// Queued is a prompt that runs or waits.
type Queued struct {
	ID       PromptID
	Number   float64 // the order of waiting ones
	ClientID string
	Extra    map[string]json.RawMessage // extra_data
	Outputs  []string                   // ids of the output nodes that will run
}

// Place says where in a queue a prompt is.
type Place string

// The places of a queue.
const (
	PlaceRunning Place = "running"
	PlacePending Place = "pending"
)

// Find looks a prompt up.
func (q Queue) Find(id PromptID) (Queued, Place, bool) {
	named := func(p Queued) bool { return p.ID == id }
	if i := slices.IndexFunc(q.Running, named); i >= 0 {
		return q.Running[i], PlaceRunning, true
	}
	if i := slices.IndexFunc(q.Pending, named); i >= 0 {
		return q.Pending[i], PlacePending, true
	}
	return Queued{}, "", false
}

// Len counts what runs and waits, as queue_remaining of a Status does.
func (q Queue) Len() int { return len(q.Running) + len(q.Pending) }

// Queue reads what runs and waits.
func (c *Client) Queue(ctx context.Context) (Queue, error) {
	var raw json.RawMessage
	if err := c.get(ctx, "read queue", c.address.at(nil, "queue"), &raw); err != nil {
		return Queue{}, err
	}
	q, err := DecodeQueue(raw)
	if err != nil {
		return Queue{}, fmt.Errorf("read queue: %w", err)
	}
	return q, nil
}

// DecodeQueue parses an answer of GET /queue. A prompt without an id makes all
// of it an error: what is missing in a queue may be submitted again.
func DecodeQueue(data []byte) (Queue, error) {
	var lists struct {
		Running *[]queued `json:"queue_running"`
		Pending *[]queued `json:"queue_pending"`
	}
	if err := decode(data, &lists); err != nil {
		return Queue{}, err
	}
	if lists.Running == nil || lists.Pending == nil {
		return Queue{}, fmt.Errorf("%w: not a queue", ErrMalformed)
	}
	q := Queue{Running: plain(*lists.Running), Pending: plain(*lists.Pending)}
	slices.SortStableFunc(q.Pending, func(a, b Queued) int { return cmp.Compare(a.Number, b.Number) })
	return q, nil
}

// queued decodes [number, prompt_id, prompt, extra_data, outputs, …].
type queued Queued

func (q *queued) UnmarshalJSON(data []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(data, &parts); err != nil {
		return err
	}
	if len(parts) < 2 || string(parts[1]) == "null" {
		return fmt.Errorf("%w: a prompt without an id", ErrMalformed)
	}
	if err := json.Unmarshal(parts[1], &q.ID); err != nil {
		return err
	}
	var number looseNumber
	_ = number.UnmarshalJSON(parts[0]) // never fails, as all of its kind
	q.Number = float64(number)
	if len(parts) > 3 {
		q.ClientID, q.Extra = decodeExtra(parts[3])
	}
	if len(parts) > 4 {
		_ = (*looseStrings)(&q.Outputs).UnmarshalJSON(parts[4])
	}
	return nil
}

func decodeExtra(data json.RawMessage) (clientID string, extra map[string]json.RawMessage) {
	_ = (*looseMap)(&extra).UnmarshalJSON(data)
	_ = (*looseString)(&clientID).UnmarshalJSON(extra["client_id"])
	return clientID, extra
}

func plain(list []queued) []Queued {
	out := make([]Queued, len(list))
	for i, q := range list {
		out[i] = Queued(q)
	}
	return out
}
