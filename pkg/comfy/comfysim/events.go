package comfysim

import (
	"time"
)

// EventKind is what an Event tells.
type EventKind string

// The events of the run log. Queued and Deleted are told of prompts that wait; Started and Ended of runs.
const (
	EventQueued  EventKind = "queued"
	EventDeleted EventKind = "deleted"
	EventStarted EventKind = "started"
	EventEnded   EventKind = "ended"
	EventHang    EventKind = "hang"
	// EventRestart begins the life of a process: whatever the server knew before is lost. The first line is one.
	EventRestart EventKind = "restart"
	// EventHistoryCleared tells that history forgot one prompt, or all where no prompt is named.
	EventHistoryCleared EventKind = "history_cleared"
	// EventFree tells that somebody asked to unload models.
	EventFree EventKind = "free"
)

// Event is one line of Config.RunLog, as JSON.
type Event struct {
	Kind EventKind `json:"event"`
	At   time.Time `json:"at"`
	// Run counts the runs of a process of the operating system from 1; an Ended has the Run of its Started.
	Run       int            `json:"run,omitzero"`
	PromptID  string         `json:"prompt_id,omitzero"`
	ClientID  string         `json:"client_id,omitzero"`
	ExtraData map[string]any `json:"extra_data,omitzero"`
	Outcome   Outcome        `json:"outcome,omitzero"` // of Ended
	Cached    []string       `json:"cached,omitzero"`  // of Ended: nodes answered from the cache
}

// note writes an event.
func (l *runLog) note(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.write(e)
}

// write is note for those who hold the lock. The first line that cannot be written is reported by Run.
func (l *runLog) write(e Event) {
	if l.out == nil {
		return
	}
	if e.At.IsZero() {
		e.At = time.Now()
	}
	if _, err := l.out.Write(append(encode(e), '\n')); err != nil && l.err == nil {
		l.err = err
	}
}

func (l *runLog) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}
