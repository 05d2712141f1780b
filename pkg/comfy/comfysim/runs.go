package comfysim

import (
	"encoding/json"
	"io"
	"slices"
	"sync"
	"time"
)

// Outcome says how a run ended.
type Outcome string

// The outcomes of a run. A run that still goes has none; Lost is one that Restart or the end of Run cut off.
const (
	Success     Outcome = "success"
	Failed      Outcome = "error"
	Interrupted Outcome = "interrupted"
	Lost        Outcome = "lost"
)

// Run is one start of a prompt, as the fake itself knows it: tests judge by it how often something ran.
type Run struct {
	PromptID  string         `json:"prompt_id"`
	ClientID  string         `json:"client_id"`
	ExtraData map[string]any `json:"extra_data"`
	Started   time.Time      `json:"started"`
	Ended     time.Time      `json:"ended,omitzero"` // zero while it runs
	Outcome   Outcome        `json:"outcome,omitzero"`
	Cached    []string       `json:"cached,omitzero"` // ids of the nodes answered from the cache

	number int // counts the runs of this log from 1
}

// maxRuns bounds the log of a fake that runs for weeks.
const maxRuns = 100_000

// runLog keeps every run ever started, also over restarts.
type runLog struct {
	mu    sync.Mutex
	runs  []*Run
	count int
	out   io.Writer // Config.RunLog
	err   error     // of the first line that could not be written
}

func (l *runLog) start(it *item) *Run {
	r := &Run{PromptID: it.id, ClientID: it.clientID(), ExtraData: it.extraData(), Started: time.Now()}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.runs) == maxRuns {
		l.runs = slices.Delete(l.runs, 0, maxRuns/10)
	}
	l.runs = append(l.runs, r)
	l.count++
	r.number = l.count
	l.write(r.event(EventStarted, r.Started))
	return r
}

func (l *runLog) queued(it *item) {
	l.note(Event{Kind: EventQueued, PromptID: it.id, ClientID: it.clientID(), ExtraData: it.extraData()})
}

// extraData is a copy in Go's types.
func (it *item) extraData() (data map[string]any) {
	_ = json.Unmarshal(encode(it.extra), &data) // was decoded from JSON, so it encodes to JSON
	return data
}

func (l *runLog) addCached(r *Run, node string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Cached = append(r.Cached, node)
}

func (l *runLog) end(r *Run, outcome Outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Ended, r.Outcome = time.Now(), outcome
	l.write(r.event(EventEnded, r.Ended))
}

func (r *Run) event(kind EventKind, at time.Time) Event {
	return Event{
		Kind: kind, At: at, Run: r.number, PromptID: r.PromptID, ClientID: r.ClientID, ExtraData: r.ExtraData,
		Outcome: r.Outcome, Cached: r.Cached,
	}
}

// Runs is every run that was ever started, oldest first; the log survives Restart. After 100,000 the oldest go.
func (s *Server) Runs() []Run {
	s.runs.mu.Lock()
	defer s.runs.mu.Unlock()
	list := make([]Run, len(s.runs.runs))
	for i, r := range s.runs.runs {
		list[i] = *r
		list[i].Cached = slices.Clone(r.Cached)
	}
	return list
}
