package discordsim

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// maxViolations bounds what is kept; more are only counted.
const maxViolations = 1000

// Stats counts what this Discord was asked.
type Stats struct {
	Requests   int            // REST requests
	Limited    int            // 429, by buckets, the global limit and 30046
	Invalid    int            // 401, 403 and 429 but for shared ones: the kind that leads to a ban
	DeadToken  int            // requests with an interaction token after its death
	Late       int            // first answers after three seconds
	Twice      int            // first answers to what was answered already (40060)
	TooLarge   int            // refused by size
	AutoMod    int            // refused by a word
	Unchanged  int            // edits after which the message looks as before
	Violations int            // rules broken
	Files      int            // attachments kept
	FileBytes  int64          // their bytes
	FilesLost  int            // attachments forgotten for want of room
	ByStatus   map[int]int    // answers by status
	ByRoute    map[string]int // requests by method and route
}

// ledger is what was asked and what went wrong. It is guarded by Server.mu.
type ledger struct {
	stats      Stats
	violations []string
	invalid    []time.Time // of the last InvalidPer, oldest first
	ban        bool        // it was told
}

func newLedger() ledger {
	return ledger{stats: Stats{ByStatus: map[int]int{}, ByRoute: map[string]int{}}}
}

// Stats tells what was asked so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.ledger.stats
	st.ByStatus, st.ByRoute = maps.Clone(st.ByStatus), maps.Clone(st.ByRoute)
	st.Files, st.FileBytes, st.FilesLost = s.files.usage()
	return st
}

func (l *ledger) request(route string) {
	l.stats.Requests++
	l.stats.ByRoute[route]++
}

// count notes an answer. Called with mu held.
func (s *Server) count(c *call, status int, refused *apiError) {
	st := &s.ledger.stats
	st.ByStatus[status]++
	if refused == nil {
		return
	}
	switch refused.Code {
	case 50027:
		st.DeadToken++
	case 40060:
		st.Twice++
	case 200000:
		st.AutoMod++
	}
	switch status {
	case http.StatusTooManyRequests:
		st.Limited++
	case http.StatusRequestEntityTooLarge:
		st.TooLarge++
	}
	counted := status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusTooManyRequests
	if counted && refused.Scope != "shared" {
		st.Invalid++
		s.ledger.invalid = append(s.ledger.invalid, c.now)
	}
}

// banned says whether there were too many invalid requests of late. Called with mu held.
func (s *Server) banned(now time.Time) bool {
	l := &s.ledger
	since := now.Add(-s.limits.InvalidPer)
	fresh, _ := slices.BinarySearchFunc(l.invalid, since, func(t, since time.Time) int { return t.Compare(since) })
	l.invalid = slices.Delete(l.invalid, 0, fresh)
	ban := s.limits.Invalid > 0 && len(l.invalid) >= s.limits.Invalid
	if ban && !l.ban {
		s.violated("REST", fmt.Sprintf("banned after %d invalid requests", len(l.invalid)), nil)
	}
	l.ban = ban
	return ban
}

// violated notes a broken rule; excerpt is the beginning of the body or of the frame that broke it. Called with mu
// held.
func (s *Server) violated(where, rule string, excerpt []byte) {
	s.ledger.stats.Violations++
	text := fmt.Sprintf("%s: %s", where, rule)
	if len(excerpt) > 0 {
		text += fmt.Sprintf(" (%q)", excerpt[:min(len(excerpt), 200)])
	}
	if len(s.ledger.violations) < maxViolations {
		s.ledger.violations = append(s.ledger.violations, text)
	}
	s.log.Warn("rule violated", "error", text)
	s.publish(Event{Kind: ViolationFound, Text: text})
}

// Violations are the rules that were broken, oldest first, at most a thousand. Tests fail on any.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ledger.violations)
}
