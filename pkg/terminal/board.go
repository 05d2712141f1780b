package terminal

import (
	"errors"
	"fmt"
	"time"

	"discomfy/pkg/job"
)

// board is what is known of all watched jobs. Its methods take news and
// return what changed; they read no clock, so that tests own the time.
type board struct {
	entries []*entry
	byID    map[job.ID]*entry
	epoch   uint64 // of the newest snapshot
	away    string // why the bridge is not heard, in words
	server  string // why nothing moves, in the bridge's words
}

func newBoard(reqs []job.Request) *board {
	b := &board{byID: make(map[job.ID]*entry, len(reqs))}
	for i, r := range reqs {
		if b.byID[r.ID] != nil {
			continue
		}
		e := &entry{request: r}
		if len(reqs) > 1 {
			e.number = i + 1
		}
		b.entries, b.byID[r.ID] = append(b.entries, e), e
	}
	return b
}

// submitted tells of every job once, before anything is known of it.
func (b *board) submitted(now time.Time) []Event {
	events := make([]Event, len(b.entries))
	for i, e := range b.entries {
		events[i] = e.event(EventSubmitted, now)
		events[i].Request = &e.request
	}
	return events
}

func (b *board) state(s job.State, now time.Time) []Event {
	e := b.byID[s.Job]
	if e == nil || !e.applyState(s) {
		return nil
	}
	kind := EventState
	if s.Phase.Ended() {
		kind = EventEnded
	}
	ev := e.event(kind, now)
	ev.State = &s
	return []Event{ev}
}

func (b *board) progress(p job.Progress, now time.Time) []Event {
	e := b.byID[p.Job]
	if e == nil || !e.applyProgress(p, now) {
		return nil
	}
	ev := e.event(EventProgress, now)
	ev.Progress = &p
	return []Event{ev}
}

func (b *board) snapshot(s job.Snapshot, now time.Time) []Event {
	if s.Epoch < b.epoch {
		return nil
	}
	b.epoch = s.Epoch
	var events []Event
	if s.Server != b.server {
		b.server = s.Server
		events = append(events, Event{Event: EventServer, At: now, Message: Clean(s.Server)})
	}
	for _, e := range b.entries {
		if e.applyPlace(s, now) && !e.running() {
			ev := e.event(EventPosition, now)
			ev.Position, ev.Seconds = e.position, e.place.Seconds
			events = append(events, ev)
		}
	}
	return events
}

// answered notes how the bridge answered a question.
func (b *board) answered(err error, now time.Time) []Event {
	away := awayWords(err)
	if away == b.away {
		return nil
	}
	b.away = away
	if away != "" {
		return []Event{{Event: EventOffline, At: now, Message: away}}
	}
	return []Event{{Event: EventOnline, At: now, Message: "the bridge is back"}}
}

// awayWords say what it means that the bridge did not answer; "" when it did.
// Only where NATS itself said that nobody listens is the bridge known to be
// offline.
func awayWords(err error) string {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*job.Error](err); ok && e.Code == job.CodeBridgeOffline && e.Message == "" {
		return "the bridge is offline: the jobs are safe in NATS and run when it is back"
	}
	return "no answer from NATS or the bridge: the jobs are safe, and shown again when it comes"
}

// saved notes what became of an ended job's result files.
func (b *board) saved(id job.ID, files []Saved, err error, now time.Time) []Event {
	e := b.byID[id]
	e.saved, e.err, e.final = files, err, true
	kind := EventSaved
	if err != nil {
		kind = EventUnsaved
	}
	ev := e.event(kind, now)
	ev.Files = files
	if err != nil {
		ev.Message = Clean(err.Error())
	}
	return []Event{ev}
}

// finished reports whether nothing more is to be awaited.
func (b *board) finished() bool {
	for _, e := range b.entries {
		if !e.final {
			return false
		}
	}
	return true
}

// err is the first failure to save a job's files.
func (b *board) err() error {
	for _, e := range b.entries {
		if e.err != nil {
			return fmt.Errorf("save results of job %s: %w", e.request.ID, e.err)
		}
	}
	return nil
}

// states are the terminal states in the order of the requests; zero where the
// job has not ended.
func (b *board) states() []job.State {
	states := make([]job.State, len(b.entries))
	for i, e := range b.entries {
		if e.end != nil {
			states[i] = *e.end
		}
	}
	return states
}

func (e *entry) event(kind string, now time.Time) Event {
	return Event{Event: kind, At: now, Job: e.request.ID, User: e.request.User, Workflow: e.request.Workflow, entry: e}
}
