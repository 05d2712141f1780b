package discordsim

import (
	"fmt"
	"slices"
	"time"
)

// maxViolations bounds what is kept; more are only counted.
const maxViolations = 1000

// Stats counts what this Discord was asked.
type Stats struct {
	Requests   int            // REST requests
	Limited    int            // 429, by buckets, the global limit and 30046
	Invalid    int            // 401, 403 and 429: the kind that leads to a ban
	DeadToken  int            // requests with an interaction token after its death
	Late       int            // first answers after three seconds
	TooLarge   int            // refused by size
	Violations int            // rules broken
	ByStatus   map[int]int    // answers by status
	ByRoute    map[string]int // requests by method and route
}

// ledger is what went wrong, and how much went right.
type ledger struct {
	stats      Stats
	violations []string
	invalid    []time.Time // of the last InvalidPer, oldest first
}

// violated notes a broken rule; excerpt is the beginning of the body or of the frame that broke it. Called with mu
// held.
func (s *Server) violated(where, rule string, excerpt []byte) {
	s.ledger.stats.Violations++
	text := fmt.Sprintf("%s: %s", where, rule)
	if len(excerpt) > 0 {
		text += fmt.Sprintf(" (%.200q)", excerpt)
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
