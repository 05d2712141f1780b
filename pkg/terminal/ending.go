package terminal

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"discomfy/pkg/job"
)

// ending tells how an ended job went: what happened, wrapped at width cells,
// then what people copy, which is never wrapped: commands and files.
func (e *entry) ending(width int, p paint) []string {
	lines := []string{e.heading(width, p)}
	words, advice := p.good(doneWords(e.end)), ""
	if e.end.Phase != job.Done {
		words, advice = p.bad(Outcome(*e.end)), Advice(*e.end)
	}
	lines = append(lines, indented(words, width)...)
	if e.err != nil {
		lines = append(lines, indented(p.bad("cannot save the result: "+Clean(e.err.Error())), width)...)
		advice = fetchAdvice(e.request.ID)
	}
	for _, f := range e.saved {
		lines = append(lines, "  "+f.words(p))
	}
	if advice != "" {
		lines = append(lines, "  "+p.faint(advice))
	}
	return lines
}

// fetchAdvice is what to do about files that could not be saved here.
func fetchAdvice(id job.ID) string {
	return "it stays in NATS for 7 days: discomfy show " + id.String() + " --out DIR"
}

// indented wraps a text at width cells and sets it in by two.
func indented(text string, width int) []string {
	lines := strings.Split(ansi.Wrap(text, max(width, minWidth)-2, ""), "\n")
	for i := range lines {
		lines[i] = "  " + lines[i]
	}
	return lines
}

// Outcome puts the end of a job into one line.
func Outcome(s job.State) string {
	switch s.Phase {
	case job.Done:
		return doneWords(&s)
	case job.Cancelled:
		return "cancelled" + by(s.Stop)
	}
	if s.Error == nil {
		return string(s.Phase)
	}
	if s.Error.Code == job.CodeNodeFailed || s.Error.Code == job.CodeRejected {
		return Clean(s.Error.Error()) // says so itself
	}
	return string(s.Phase) + ": " + Clean(s.Error.Error())
}

func by(s *job.Stop) string {
	if s == nil || s.By == "" {
		return ""
	}
	return " by " + Clean(Person(job.User(s.By)))
}

// doneWords tells what the run took, and what would make it again.
func doneWords(s *job.State) string {
	words := "done"
	if t := s.Timings; t != nil && !t.Started.IsZero() && !t.Ended.IsZero() {
		words += " in " + elapsed(t.Ended.Sub(t.Started))
		if waited := t.Started.Sub(t.Created); !t.Created.IsZero() && waited >= 500*time.Millisecond {
			words += ", after " + elapsed(waited) + " in the queue"
		}
	}
	if seed := seed(s.Request); seed != "" {
		words += ", seed " + seed
	}
	if n := s.Nodes; n != nil && n.Cached > 0 {
		words += fmt.Sprintf(", %d of %d nodes cached", n.Cached, n.Total)
	}
	return words
}

// Advice is what to do about an end that is not done, or "" where there is
// nothing to do.
func Advice(s job.State) string {
	if s.Error == nil || s.Phase == job.Cancelled {
		return ""
	}
	switch s.Error.Code {
	case job.CodeInvalid, job.CodeUnknown:
		return "what it takes: discomfy workflows list"
	case job.CodeMissingModel:
		return "what the server has: discomfy workflows list --live"
	case job.CodeOutOfMemory:
		return "ask for a smaller picture, or for fewer at once"
	case job.CodeTimedOut:
		return "ask for less, or give the bridge a longer --timeout"
	case job.CodeExpired, job.CodeQueueFull:
		return "how long the queue is: discomfy queue"
	case job.CodeNoOutput:
		return "which nodes must leave files: discomfy workflows check"
	case job.CodeTooLarge:
		return "ask for fewer or smaller pictures"
	}
	return "what is known of it: discomfy show " + s.Job.String()
}
