package terminal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

// RecordSource is what showing a job's record needs of the broker.
type RecordSource interface {
	States(ctx context.Context, id job.ID) ([]job.State, error)
	Pending(ctx context.Context, id job.ID) (job.Request, error)
	Progress(ctx context.Context, id job.ID) (job.Progress, error)
	Snapshot(ctx context.Context, q job.Queue) (job.Snapshot, error)
}

// Record is all that NATS holds about a job.
type Record struct {
	Job      job.ID        `json:"job"`
	Request  *job.Request  `json:"request,omitempty"`
	States   []job.State   `json:"states,omitempty"` // oldest first
	Position int           `json:"position,omitempty"`
	Progress *job.Progress `json:"progress,omitempty"`
}

// ReadRecord gathers what NATS holds about a job; a job that NATS never saw,
// or no longer holds, is a *job.Error with CodeNotFound.
func ReadRecord(ctx context.Context, from RecordSource, id job.ID) (Record, error) {
	r := Record{Job: id}
	states, err := from.States(ctx, id)
	if err != nil && !errors.Is(err, broker.ErrNotFound) {
		return r, fmt.Errorf("read the states of job %s: %w", id, err)
	}
	r.States = states
	if last := r.Last(); last != nil && last.Phase.Ended() {
		r.Request = last.Request
		return r, nil
	}
	request, err := from.Pending(ctx, id)
	switch {
	case err == nil:
		r.Request = &request
	case !errors.Is(err, broker.ErrNotFound):
		return r, fmt.Errorf("read job %s: %w", id, err)
	case len(r.States) == 0:
		return r, &job.Error{Code: job.CodeNotFound, Message: id.String() + ": NATS keeps ended jobs for 90 days"}
	default:
		return r, nil
	}
	return r, r.live(ctx, from)
}

// live adds where an open job stands now, as far as that is known.
func (r *Record) live(ctx context.Context, from RecordSource) error {
	p, err := from.Progress(ctx, r.Job)
	if err == nil {
		r.Progress = &p
	} else if !errors.Is(err, broker.ErrNotFound) {
		return fmt.Errorf("read the progress of job %s: %w", r.Job, err)
	}
	s, err := from.Snapshot(ctx, r.Request.Queue)
	if err == nil {
		r.Position, _, _ = s.Position(r.Job)
	} else if !errors.Is(err, broker.ErrNotFound) {
		return fmt.Errorf("read queue %s: %w", r.Request.Queue, err)
	}
	return nil
}

// Last is the newest stored state; nil where there is none.
func (r *Record) Last() *job.State {
	if len(r.States) == 0 {
		return nil
	}
	return &r.States[len(r.States)-1]
}

// Write writes the record for people.
func (r *Record) Write(w io.Writer) error {
	var b strings.Builder
	r.writeRequest(&b)
	r.writeState(&b)
	r.writeHistory(&b)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	return nil
}

// field writes one aligned line; an empty value writes nothing.
func field(b *strings.Builder, name, value string) {
	if value != "" {
		fmt.Fprintf(b, "%s  %s\n", pad(name, 10), value)
	}
}

func (r *Record) writeRequest(b *strings.Builder) {
	field(b, "job", r.Job.String())
	q := r.Request
	if q == nil {
		return
	}
	field(b, "workflow", Clean(q.Workflow))
	field(b, "user", Person(q.User))
	field(b, "queue", string(q.Queue))
	field(b, "asked", moment(q.Created))
	r.writeParams(b)
}

// writeParams tells the parameters in a column of their own.
func (r *Record) writeParams(b *strings.Builder) {
	values := make(map[string]string, len(r.Request.Params)+len(r.Request.Inputs))
	for name, v := range r.Request.Params {
		values[Clean(name)] = paramWords(v)
	}
	for name, object := range r.Request.Inputs {
		values[Clean(name)] = "picture " + Clean(object)
	}
	wide := 8
	for name := range values {
		wide = max(wide, ansi.StringWidth(name))
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(b, "  %s  %s\n", pad(name, wide), values[name])
	}
}

func paramWords(v any) string {
	if s, ok := v.(string); ok {
		return quoteAll(s)
	}
	data, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return Clean(string(data))
}

// quoteAll shows a whole text in quotation marks.
func quoteAll(s string) string { return "“" + Clean(s) + "”" }

func (r *Record) writeState(b *strings.Builder) {
	s := r.Last()
	switch {
	case s == nil:
		field(b, "state", "handed in; no bridge has taken it yet")
	case s.Phase.Ended():
		field(b, "state", Outcome(*s))
		if advice := Advice(*s); !strings.Contains(advice, "discomfy show") {
			field(b, "next", advice)
		}
		r.writeEnd(b, s)
	default:
		field(b, "state", string(s.Phase))
	}
	if r.Position > 0 && (s == nil || s.Phase != job.Running) {
		field(b, "position", fmt.Sprint(r.Position))
	}
	if p := r.Progress; p != nil && (s == nil || !s.Phase.Ended()) {
		e := entry{progress: *p}
		field(b, "progress", strings.TrimRight(fmt.Sprintf("%d %% %s", int(p.Percent), e.doing()), " "))
	}
}

func (r *Record) writeEnd(b *strings.Builder, s *job.State) {
	if n := s.Nodes; n != nil {
		field(b, "nodes", fmt.Sprintf("%d, of which %d ran and %d came from the cache", n.Total, n.Done, n.Cached))
	}
	field(b, "prompt id", Clean(s.PromptID))
	for _, f := range s.Results {
		field(b, "file", fmt.Sprintf("%s  %s  %s", SafeName(f.File, f.Type), Clean(f.Type), size(f.Size)))
		field(b, "  sha256", Clean(f.Digest))
		field(b, "  object", Clean(f.Name))
	}
}

// writeHistory tells the states that are still stored.
func (r *Record) writeHistory(b *strings.Builder) {
	for i, s := range r.States {
		name := ""
		if i == 0 {
			name = "history"
		}
		words := moment(s.At) + "  " + string(s.Phase)
		if s.Attempt > 1 {
			words += fmt.Sprintf(", attempt %d", s.Attempt)
		}
		if s.Note != "" {
			words += ": " + Clean(s.Note)
		}
		fmt.Fprintf(b, "%s  %s\n", pad(name, 10), words)
	}
}

// moment is a time for people, in their zone.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05.000")
}
