package terminal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

// QueueSource is what showing a queue needs of the broker.
type QueueSource interface {
	Follow(ctx context.Context, q job.Queue, ids ...job.ID) (<-chan broker.Update, error)
	Status(ctx context.Context, q job.Queue) (json.RawMessage, error)
	Snapshot(ctx context.Context, q job.Queue) (job.Snapshot, error)
	PendingJobs(ctx context.Context, q job.Queue) ([]broker.PendingJob, error)
}

// queueView is what is known of a whole queue.
type queueView struct {
	Snapshot job.Snapshot `json:"snapshot"`
	Offline  bool         `json:"offline,omitempty"` // then the snapshot has no running jobs, and no order
	heard    time.Time
}

// ShowQueue writes the queue as it stands.
func ShowQueue(ctx context.Context, c Config, from QueueSource) error {
	c = c.withDefaults()
	v, err := readQueue(ctx, c.Queue, from)
	if err != nil {
		return err
	}
	return v.write(c)
}

// WatchQueue shows the queue at every change until ctx ends, and returns the
// cause.
func WatchQueue(ctx context.Context, c Config, from QueueSource) error {
	c = c.withDefaults()
	v, err := readQueue(ctx, c.Queue, from)
	if err != nil {
		return err
	}
	updates, err := from.Follow(ctx, c.Queue)
	if err != nil {
		return fmt.Errorf("follow queue %s: %w", c.Queue, err)
	}
	if c.Screen != nil {
		defer c.Screen.Close()
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if err := v.write(c); err != nil {
			return err
		}
		if v, err = v.next(ctx, c, from, updates, tick.C); err != nil {
			return err
		}
	}
}

// next waits for a change: a new snapshot, the bridge coming or going, or, on
// a screen, a second that has passed.
func (v queueView) next(ctx context.Context, c Config, from QueueSource,
	updates <-chan broker.Update, tick <-chan time.Time,
) (queueView, error) {
	for {
		select {
		case <-ctx.Done():
			return v, context.Cause(ctx)
		case u, ok := <-updates:
			if !ok {
				return v, closed(ctx)
			}
			if u.Snapshot != nil && !v.Offline {
				return queueView{Snapshot: *u.Snapshot, heard: time.Now()}, nil
			}
		case now := <-tick:
			if now.Sub(v.heard) > probeAfter {
				fresh, err := readQueue(ctx, c.Queue, from)
				if err != nil || c.Screen != nil || fresh.Offline != v.Offline {
					return fresh, err
				}
				v.heard = fresh.heard
			} else if c.Screen != nil {
				return v, nil
			}
		}
	}
}

// readQueue asks whether a bridge serves the queue. Where none does, the jobs
// that wait in NATS are all that is known.
func readQueue(ctx context.Context, q job.Queue, from QueueSource) (queueView, error) {
	if _, err := from.Status(ctx, q); job.CodeOf(err) != job.CodeBridgeOffline {
		s, err := from.Snapshot(ctx, q)
		if err != nil && !errors.Is(err, broker.ErrNotFound) {
			return queueView{}, fmt.Errorf("read queue %s: %w", q, err)
		}
		s.Queue = q
		return queueView{Snapshot: s, heard: time.Now()}, nil
	}
	pending, err := from.PendingJobs(ctx, q)
	if err != nil {
		return queueView{}, fmt.Errorf("read queue %s: %w", q, err)
	}
	v := queueView{Offline: true, Snapshot: job.Snapshot{Queue: q}, heard: time.Now()}
	for _, p := range pending {
		v.Snapshot.Waiting = append(v.Snapshot.Waiting, job.Place{Job: p.ID, User: p.User})
	}
	slices.SortFunc(v.Snapshot.Waiting, func(a, b job.Place) int { return a.Job.Compare(b.Job) })
	return v, nil
}

func (v queueView) write(c Config) error {
	if c.JSON {
		line, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("encode queue: %w", err)
		}
		_, err = fmt.Fprintf(c.Out, "%s\n", line)
		return err
	}
	if c.Screen == nil {
		return v.print(c.Out)
	}
	width, height := c.Screen.size()
	lines := v.lines(time.Now(), paint{c.Color})
	if most := max(height-2, 1); len(lines) > most {
		lines = append(lines[:most], fmt.Sprintf("… and %d more", len(lines)-most))
	}
	for i := range lines {
		lines[i] = fit(lines[i], width-1)
	}
	return c.Screen.Draw(lines)
}

func (v queueView) print(out io.Writer) error {
	for _, l := range v.lines(v.heard, paint{}) {
		if _, err := fmt.Fprintln(out, l); err != nil {
			return fmt.Errorf("write queue: %w", err)
		}
	}
	return nil
}

// lines are the queue for people: a summary, what is wrong, and a line a job.
func (v queueView) lines(now time.Time, p paint) []string {
	s := v.Snapshot
	lines := []string{v.summary(p)}
	switch {
	case v.Offline:
		lines = append(lines, p.warn("! "+awayWords(&job.Error{Code: job.CodeBridgeOffline})))
	case s.Server != "":
		lines = append(lines, p.warn("! "+Clean(s.Server)))
	case s.Others > 0:
		lines = append(lines, p.faint(fmt.Sprintf("  %d of other clients inside the same ComfyUI", s.Others)))
	}
	wide := [2]int{4, 8}
	for _, place := range slices.Concat(s.Running, s.Waiting) {
		wide[0] = max(wide[0], ansi.StringWidth(Person(place.User)))
		wide[1] = max(wide[1], ansi.StringWidth(Clean(place.Workflow)))
	}
	for i, place := range slices.Concat(s.Running, s.Waiting) {
		running := i < len(s.Running)
		mark, when := p.faint("○"), "starts in "
		if running {
			mark, when = p.accent("●"), "ends in "
		}
		line := fmt.Sprintf("%3d %s %s  %s  %s  %s", i+1, mark, pad(Person(place.User), wide[0]),
			pad(Clean(place.Workflow), wide[1]), place.Job, v.when(place, when, running, now))
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}

func (v queueView) summary(p paint) string {
	s := v.Snapshot
	if len(s.Running)+len(s.Waiting) == 0 {
		return p.bold("queue "+string(s.Queue)) + ": nobody waits"
	}
	return fmt.Sprintf("%s: %d running, %d waiting", p.bold("queue "+string(s.Queue)), len(s.Running), len(s.Waiting))
}

// when says when a job starts or ends, as far as it is known.
func (v queueView) when(place job.Place, words string, running bool, now time.Time) string {
	in := time.Duration(place.Seconds*float64(time.Second)) - max(now.Sub(v.heard), 0)
	switch {
	case place.Seconds > 0 && in > 0:
		return words + whole(max(in.Round(time.Second), time.Second))
	case running:
		return "running"
	}
	return ""
}

// pad fills a text up to a width in cells.
func pad(s string, width int) string {
	return s + fmt.Sprintf("%*s", max(width-ansi.StringWidth(s), 0), "")
}
