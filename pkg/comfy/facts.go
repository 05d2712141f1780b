package comfy

import (
	"fmt"
	"sync"
	"time"
)

// facts is what a socket has told so far: what the watch compares with the server's
// queue. Safe for use by the reading and the watching goroutine.
type facts struct {
	mu       sync.Mutex
	heard    time.Time // any sign of life, pongs included
	snapshot snapshot
	expected []expectation
}

// snapshot is a copy of the facts at one moment.
type snapshot struct {
	frames    uint64    // how many have come
	last      time.Time // when the last of them came; zero before the first
	statuses  uint64    // how many of them were status frames
	remaining int       // of the last status
	prompt    PromptID  // executing
	nameless  bool      // something executes whose prompt was not named
}

// expectation is a status frame that must arrive.
type expectation struct {
	seen  uint64 // statuses before the submission
	until time.Time
}

// mostExpected bounds the submissions that wait for a status at a time. Beyond
// it one more would not be better evidence.
const mostExpected = 64

func (f *facts) hear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.heard = time.Now()
}

func (f *facts) frame() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.heard = time.Now()
	f.snapshot.frames++
	f.snapshot.last = f.heard
}

func (f *facts) learn(e Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := &f.snapshot
	switch e := e.(type) {
	case Status:
		s.statuses++
		s.remaining = e.Remaining
	case ExecutionStart:
		s.prompt, s.nameless = e.Prompt, false
	case Executing:
		s.prompt, s.nameless = e.Prompt, e.Node != "" && e.Prompt == ""
		if e.Node == "" {
			s.prompt = ""
		}
	}
}

func (f *facts) look() snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.snapshot
}

func (f *facts) lifeless() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Since(f.heard)
}

func (f *facts) expect(e expectation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.expected) < mostExpected {
		f.expected = append(f.expected, e)
	}
}

// overdue tells whether a status is missing for too long, and forgets those that
// have arrived.
func (f *facts) overdue() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	missing := f.expected[:0]
	late := false
	for _, e := range f.expected {
		if f.snapshot.statuses > e.seen {
			continue
		}
		missing = append(missing, e)
		late = late || time.Now().After(e.until)
	}
	f.expected = missing
	return late
}

// disagreement says in words how a queue differs from what the socket told; empty
// where it does not. Only prompts of the socket's own client id announce themselves.
func (s snapshot) disagreement(q Queue, clientID string) string {
	if s.remaining != q.Len() {
		return fmt.Sprintf("the queue has %d prompts, the last status said %d", q.Len(), s.remaining)
	}
	running := PromptID("")
	for _, p := range q.Running {
		if p.ClientID == clientID {
			running = p.ID
		}
	}
	if s.nameless && running != "" || running == s.prompt {
		return ""
	}
	return fmt.Sprintf("prompt %q runs, the socket told of %q", running, s.prompt)
}
