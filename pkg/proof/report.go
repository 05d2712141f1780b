package proof

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"discomfy/pkg/job"
)

// Rule is a part of the promise.
type Rule string

// The rules, as they are named when they are broken.
const (
	Lost          Rule = "lost"                  // accepted, and never ended
	EndedTwice    Rule = "ended twice"           // a second terminal state
	WrittenLate   Rule = "written after its end" // an open state behind a terminal one
	Unfenced      Rule = "unfenced write"        // written by a bridge that another had replaced
	CompletedMore Rule = "completed twice"       // ComfyUI completed it again without having forgotten it
	NeverRun      Rule = "done without a run"    // done, and ComfyUI did not complete the attempt
	NoFile        Rule = "no result"             // done without a file, or with one that is not stored
	Damaged       Rule = "damaged result"        // a file is not what ComfyUI made, or not whole
	Foreign       Rule = "result of another job" // a file belongs to somebody else
	LeftQueued    Rule = "left in the queue"     // still in NATS
	LeftInside    Rule = "left in ComfyUI"       // still in ComfyUI's queue
)

// Violation is a rule that was broken.
type Violation struct {
	Rule Rule
	Job  job.ID // zero where no job is concerned
	What string
}

func (v Violation) String() string {
	return fmt.Sprintf("%s: job %s: %s", v.Rule, v.Job, v.What)
}

// Report is the judgement on a campaign. Everything but Violations is counted
// for people, and is no fault.
type Report struct {
	Accepted   int               // jobs whose publish was acknowledged
	Ended      map[job.Phase]int // jobs by their end
	Failures   map[job.Code]int  // failed and rejected jobs by their reason
	Retried    int               // jobs with more than one attempt
	Forgotten  []job.ID          // jobs that completed again after ComfyUI had lost its memory
	Overtaken  int               // cancelled jobs whose run completed all the same
	Prompts    int               // prompts that ComfyUI took, those of others too
	Runs       int               // runs of ours that started
	Completed  int               // those that completed
	Losses     int               // ComfyUI's losses of memory
	Takeovers  int               // changes of the epoch between two states
	Files      int               // results that states refer to, each read and compared
	Orphans    int               // files that no state refers to: they expire
	Violations []Violation
}

// Err is nil when the promise was kept.
func (r Report) Err() error {
	if len(r.Violations) == 0 {
		return nil
	}
	return fmt.Errorf("the promise was broken %d times", len(r.Violations))
}

// mostPrinted bounds the violations that String shows.
const mostPrinted = 50

// String is the report as an operator reads it.
func (r Report) String() string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s "+format+"\n", append([]any{name}, args...)...)
	}
	line("jobs", "%d accepted: %s", r.Accepted, counted(r.Ended))
	if len(r.Failures) > 0 {
		line("failures", "%s", counted(r.Failures))
	}
	line("attempts", "%d jobs needed more than one", r.Retried)
	line("runs", "%d prompts, %d started, %d completed, %d of them of cancelled jobs", r.Prompts, r.Runs, r.Completed, r.Overtaken)
	line("files", "%d read to their end and compared, %d orphans", r.Files, r.Orphans)
	line("bridges", "%d take-overs", r.Takeovers)
	line("ComfyUI", "lost its memory %d times; %d jobs completed again because of it", r.Losses, len(r.Forgotten))
	for _, id := range r.Forgotten[:min(len(r.Forgotten), mostPrinted)] {
		line("", "again: %s", id)
	}
	line("violations", "%d", len(r.Violations))
	for _, v := range r.Violations[:min(len(r.Violations), mostPrinted)] {
		line("", "%s", v)
	}
	if more := len(r.Violations) - mostPrinted; more > 0 {
		line("", "and %d more", more)
	}
	return b.String()
}

// counted lists numbers with their names, in a fixed order.
func counted[K cmp.Ordered](counts map[K]int) string {
	var words []string
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%d %v", counts[key], key))
	}
	return cmp.Or(strings.Join(words, ", "), "none")
}
