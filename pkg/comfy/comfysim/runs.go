package comfysim

import (
	"encoding/json"
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
	PromptID  string
	ClientID  string
	ExtraData map[string]any
	Started   time.Time
	Ended     time.Time // zero while it runs
	Outcome   Outcome
	Cached    []string // ids of the nodes answered from the cache
}

// maxRuns bounds the log of a fake that runs for weeks.
const maxRuns = 100_000

// runLog keeps every run ever started, also over restarts.
type runLog struct {
	mu   sync.Mutex
	runs []*Run
}

func (l *runLog) start(it *item) *Run {
	r := &Run{PromptID: it.id, ClientID: it.clientID(), Started: time.Now()}
	_ = json.Unmarshal(encode(it.extra), &r.ExtraData) // was decoded from JSON, so it encodes to JSON
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.runs) == maxRuns {
		l.runs = slices.Delete(l.runs, 0, maxRuns/10)
	}
	l.runs = append(l.runs, r)
	return r
}

func (l *runLog) update(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
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
