package job

import (
	"encoding/json"
	"fmt"
	"time"
)

// Phase is where a job stands.
type Phase string

// A job passes queued → submitted → running → one of the four ends, where a
// stop that was asked for inserts stopping, and a repeated attempt goes back
// to submitted. A cancel may end it from any open phase.
const (
	Queued    Phase = "queued"    // held by the bridge, not yet in ComfyUI
	Submitted Phase = "submitted" // about to be posted, or posted, to ComfyUI
	Running   Phase = "running"   // ComfyUI executes it
	Stopping  Phase = "stopping"  // a stop was asked for and is being carried out
	Done      Phase = "done"      // ended; every result is stored
	Failed    Phase = "failed"    // ended by an error
	Cancelled Phase = "cancelled" // ended because somebody wanted it so
	Rejected  Phase = "rejected"  // ended before it ran: it can not run as asked
)

// Ended reports whether the phase is terminal.
func (p Phase) Ended() bool {
	return p == Done || p == Failed || p == Cancelled || p == Rejected
}

// Valid reports whether the phase is one of those above.
func (p Phase) Valid() bool {
	switch p {
	case Queued, Submitted, Running, Stopping:
		return true
	}
	return p.Ended()
}

// State is one durable fact about a job. The newest is the truth; a terminal
// one is the job's permanent record and carries all that is known of it.
type State struct {
	Job      ID        `json:"job"`
	Phase    Phase     `json:"phase"`
	At       time.Time `json:"at"`
	Epoch    uint64    `json:"epoch"`             // the term in which it was written
	Queue    Queue     `json:"queue,omitempty"`   // set by queued: which bridge may submit it
	Attempt  int       `json:"attempt,omitempty"` // submissions so far; the last one is the job
	Starts   int       `json:"starts,omitempty"`  // attempts whose run began: these count against the bound
	Note     string    `json:"note,omitempty"`    // words for the people who watch, such as "trying once more"
	Retry    Code      `json:"retry,omitempty"`   // why an earlier attempt was repeated, where that may happen once only
	Stop     *Stop     `json:"stop,omitempty"`    // why it is stopping or was cancelled
	Error    *Error    `json:"error,omitempty"`   // why it failed or was rejected
	Results  []Result  `json:"results,omitempty"`
	Request  *Request  `json:"request,omitempty"`
	Timings  *Timings  `json:"timings,omitempty"`
	Nodes    *Nodes    `json:"nodes,omitempty"`
	PromptID string    `json:"prompt_id,omitempty"` // the id ComfyUI knows the last attempt by
}

// Stop says why a job is being stopped and who wanted it.
type Stop struct {
	Code Code   `json:"code"` // CodeCancelled or CodeTimedOut
	By   string `json:"by,omitempty"`
}

// Timings are the moments of a job's life; those that did not happen are zero.
type Timings struct {
	Created   time.Time `json:"created,omitzero"`
	Submitted time.Time `json:"submitted,omitzero"` // of the last attempt
	Started   time.Time `json:"started,omitzero"`   // of the last attempt's run
	Ended     time.Time `json:"ended,omitzero"`     // of the run, before the results were stored
}

// Nodes counts a run's graph: all nodes, those that ran, those that ComfyUI
// answered from its cache.
type Nodes struct {
	Total  int `json:"total"`
	Done   int `json:"done"`
	Cached int `json:"cached"`
}

// Result is one file that a job produced, in the results store.
type Result struct {
	Name   string `json:"name"`           // object name: <job id>/<epoch>-<n>.<ext>
	File   string `json:"file"`           // base name that ComfyUI gave it
	Type   string `json:"type"`           // media type, such as image/png
	Size   int64  `json:"size"`           // bytes
	Digest string `json:"digest"`         // SHA-256, 64 hexadecimal digits
	Node   string `json:"node,omitempty"` // id of the node that saved it
}

// ParseState reads a stored state.
func ParseState(data []byte) (State, error) {
	var s State
	if err := json.Unmarshal(data, &s); err != nil {
		return State{}, fmt.Errorf("decode state: %w", err)
	}
	if !s.Phase.Valid() {
		return State{}, fmt.Errorf("state has the unknown phase %q", clip(string(s.Phase)))
	}
	if s.Job.IsZero() {
		return State{}, fmt.Errorf("state names no job")
	}
	return s, nil
}
