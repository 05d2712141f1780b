package proof

import (
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

// Evidence is what a campaign left behind.
type Evidence struct {
	Accepted []job.ID             // jobs whose publish was acknowledged
	States   []broker.StoredState // the state log, in its order
	Pending  []job.ID             // jobs that are still in the queue
	Files    []File               // the results store
	Runs     []Event              // the logs of the ComfyUI servers, each in its order
	Inside   []string             // ids of the prompts of ours that the servers still hold
	Made     []File               // the servers' output folders, by base names; nil where they can not be read
}

// File is a file as it was read to its end.
type File struct {
	Name   string
	Size   int64  // bytes
	Digest string // SHA-256, 64 hexadecimal digits
	Damage string // why it could not be read to its end; "" for a whole file
}

// EventKind is what an Event of ComfyUI's log tells.
type EventKind string

// The events of ComfyUI's log.
const (
	Queued  EventKind = "queued"
	Started EventKind = "started"
	Ended   EventKind = "ended"
	// Restarted and Cleared are losses of memory: of everything, and of the
	// history.
	Restarted EventKind = "restart"
	Cleared   EventKind = "history_cleared"
)

// Succeeded is the outcome of a run that completed.
const Succeeded = "success"

// Event is a line of ComfyUI's log. Job and Attempt are what the prompt said
// about itself; they are zero for prompts that are not ours.
type Event struct {
	Kind    EventKind
	Server  string // whose log it is of; "" where there is one
	At      time.Time
	Prompt  string
	Job     job.ID
	Attempt int
	Outcome string // of Ended
}
