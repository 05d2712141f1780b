package terminal

import (
	"fmt"
	"io"
	"strings"
	"time"

	"discomfy/pkg/job"
)

// plainView writes a line for every change that a reader of a log wants to
// see: a new position, the start, every quarter of the run, the end.
type plainView struct {
	out      io.Writer
	quarters map[job.ID]int // of the run that were told, in the attempt
	attempts map[job.ID]int
}

func newPlainView(out io.Writer) *plainView {
	return &plainView{out: out, quarters: map[job.ID]int{}, attempts: map[job.ID]int{}}
}

func (v *plainView) show(events []Event) error {
	for _, ev := range events {
		for _, words := range v.words(ev) {
			line := words
			if ev.entry != nil {
				line = ev.entry.label() + ": " + words
			}
			if _, err := fmt.Fprintln(v.out, line); err != nil {
				return fmt.Errorf("write log: %w", err)
			}
		}
	}
	return nil
}

func (*plainView) tick(time.Time) error { return nil }
func (*plainView) close() error         { return nil }

// words are the lines that the event is worth, often none.
func (v *plainView) words(ev Event) []string {
	switch ev.Event {
	case EventSubmitted:
		return []string{submittedWords(ev.entry)}
	case EventPosition:
		return []string{ev.entry.waiting(ev.At)}
	case EventState:
		return stateWords(ev.State)
	case EventProgress:
		return v.quarter(ev)
	case EventEnded:
		return endedWords(*ev.State)
	case EventSaved:
		return savedWords(ev.Files)
	case EventUnsaved:
		return append(savedWords(ev.Files), "cannot save the result: "+ev.Message, fetchAdvice(ev.Job))
	case EventServer:
		if ev.Message == "" {
			return []string{"ComfyUI answers"}
		}
	}
	return []string{ev.Message}
}

// quarter tells each quarter of a run once; the end is told by itself.
func (v *plainView) quarter(ev Event) []string {
	id, e := ev.Job, ev.entry
	if e.attempt != v.attempts[id] {
		v.attempts[id], v.quarters[id] = e.attempt, 0
	}
	quarter := min(int(e.percent/25), 3)
	if quarter <= v.quarters[id] {
		return nil
	}
	v.quarters[id] = quarter
	parts := []string{fmt.Sprintf("%d %%", int(e.percent))}
	if doing := e.doing(); doing != "" {
		parts = append(parts, doing)
	}
	return []string{strings.Join(append(parts, e.times(ev.At)[0]), ", ")}
}

func submittedWords(e *entry) string {
	words := "job " + e.request.ID.String()
	if s := seed(&e.request); s != "" {
		words += ", seed " + s
	}
	if text := prompt(e.request); text != "" {
		words += ", " + quote(text)
	}
	return words
}

func stateWords(s *job.State) []string {
	var words []string
	switch s.Phase {
	case job.Running:
		words = append(words, "running")
	case job.Stopping:
		words = append(words, "stopping"+by(s.Stop))
	}
	if s.Note != "" {
		words = append(words, Clean(s.Note))
	}
	return words
}

func endedWords(s job.State) []string {
	if advice := Advice(s); advice != "" {
		return []string{Outcome(s), advice}
	}
	return []string{Outcome(s)}
}

func savedWords(files []Saved) []string {
	words := make([]string, len(files))
	for i, f := range files {
		words[i] = "saved " + f.words(paint{})
	}
	return words
}

// label names the job at the start of a log line.
func (e *entry) label() string {
	label := Person(e.request.User) + " " + Clean(e.request.Workflow)
	if e.number > 0 {
		label = fmt.Sprintf("#%d ", e.number) + label
	}
	return label
}
