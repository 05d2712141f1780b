package terminal

import (
	"time"

	"discomfy/pkg/job"
)

// Event is one meaningful change of what is watched, and one line of JSON
// output. Fields that do not belong to the kind are absent.
type Event struct {
	Event    string        `json:"event"` // one of the kinds below
	At       time.Time     `json:"at"`    // by this machine's clock
	Job      job.ID        `json:"job,omitzero"`
	User     job.User      `json:"user,omitempty"`
	Workflow string        `json:"workflow,omitempty"`
	Request  *job.Request  `json:"request,omitempty"`  // submitted: the whole request, seed included
	Position int           `json:"position,omitempty"` // position: jobs ahead plus one
	Seconds  float64       `json:"seconds,omitempty"`  // position: estimated until the start
	Progress *job.Progress `json:"progress,omitempty"` // progress
	State    *job.State    `json:"state,omitempty"`    // state, and the ends: the whole record
	Files    []Saved       `json:"files,omitempty"`    // saved
	Message  string        `json:"message,omitempty"`  // words for people

	entry *entry
}

// The kinds of Event.
const (
	EventSubmitted = "submitted" // NATS has the job
	EventPosition  = "position"  // its place in the queue changed
	EventState     = "state"     // submitted to ComfyUI, running, stopping, or a note
	EventProgress  = "progress"  // of the run
	EventEnded     = "ended"     // done, failed, cancelled or rejected: see state
	EventSaved     = "saved"     // every result file is here; follows ended
	EventUnsaved   = "unsaved"   // a result file could not be saved: see message
	EventOffline   = "offline"   // nobody serves the queue now, or NATS does not answer: see message
	EventOnline    = "online"    // the bridge is back
	EventServer    = "server"    // why nothing moves, or "" when it moves again
)
