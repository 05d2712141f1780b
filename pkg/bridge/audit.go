package bridge

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"discomfy/pkg/comfy"
	"discomfy/pkg/job"
)

// answerWithin bounds a request to ComfyUI that reads or changes its queue.
const answerWithin = 10 * time.Second

// Pace of the looks at ComfyUI's queue.
const (
	auditEvery = 500 * time.Millisecond // at the most, when something changes
	auditIdle  = 5 * time.Second        // at the least, while jobs are inside
)

// audit compares ComfyUI's queue with what we believe is in it: at each new
// generation of the socket, whenever its length changes, and now and then.
func (a *active) audit(ctx context.Context) error {
	complain := sparingly()
	tick := time.NewTicker(auditIdle)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.audits:
		case <-tick.C:
			if a.openInside() == 0 {
				continue
			}
		}
		if a.link.state().gen == 0 {
			continue
		}
		if err := a.compare(ctx); err != nil && ctx.Err() == nil {
			complain.Do(func() { a.log.WarnContext(ctx, "could not read ComfyUI's queue", slog.Any(keyError, err)) })
			poke(a.audits)
		}
		if !pause(ctx, auditEvery) {
			return ctx.Err()
		}
	}
}

// sparingly lets the first of a series of complaints through, and then one
// every half minute.
func sparingly() *rate.Sometimes { return &rate.Sometimes{First: 1, Interval: 30 * time.Second} }

// compare tells every run whether ComfyUI's queue holds it.
func (a *active) compare(ctx context.Context) error {
	gen := a.conn.Generation()
	before := a.snapshotRuns()
	q, err := a.readQueue(ctx)
	if err != nil {
		return err
	}
	for _, r := range before {
		p := r.look()
		if !p.inside || p.late || p.gone {
			continue
		}
		switch placeOf(q, p.prompt) {
		case executing:
			a.tracker.seen(p.rec)
			fallthrough
		case waiting:
			r.publish(func(p *public) { p.gen = gen })
		default:
			poke(r.check)
		}
	}
	return nil
}

// snapshotRuns is the runs of this moment, in no order.
func (a *active) snapshotRuns() []*run {
	a.mu.Lock()
	defer a.mu.Unlock()
	runs := make([]*run, 0, len(a.runs))
	for _, r := range a.runs {
		runs = append(runs, r)
	}
	return runs
}

// readQueue reads ComfyUI's queue. Whoever reads it also counts what is not
// ours and has superfluous copies of ours removed.
func (a *active) readQueue(ctx context.Context) (comfy.Queue, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	asked := time.Now()
	q, err := a.comfy.Queue(ctx)
	if err != nil {
		return comfy.Queue{}, err
	}
	others := 0
	for i, e := range slices.Concat(q.Running, q.Pending) {
		t, ours := tagOf(e.Extra)
		switch {
		case !ours || e.ClientID != a.client:
			others++
		case i < len(q.Running) && a.tracker.leaving(e.ID, asked):
		case a.superfluous(ctx, t):
			a.discard(ctx, q, e)
		}
	}
	a.noteOthers(others)
	return q, nil
}

// superfluous reports a prompt of ours that is not the present attempt of an
// open job. What the state log cannot tell now is left alone.
func (a *active) superfluous(ctx context.Context, t tag) bool {
	if r := a.find(t.job); r != nil && r.attempting(t.attempt) {
		return false
	}
	s, err := a.term.Last(ctx, t.job)
	if err != nil {
		return false
	}
	// A job that is queued has nothing inside: every POST follows a "submitted".
	return s.Phase.Ended() || s.Phase == job.Queued || s.Attempt != t.attempt
}

// attempting reports whether n is the attempt that the run's owner posts or
// follows now, or waits for after its end.
func (r *run) attempting(n int) bool { return r.look().attempt == n }

func (a *active) discard(ctx context.Context, q comfy.Queue, e comfy.Queued) {
	stopped, err := a.halt(ctx, q, e.ID)
	if err != nil || !stopped {
		a.log.WarnContext(ctx, "a superfluous copy runs on", slog.String(keyPrompt, string(e.ID)), slog.Any(keyError, err))
		return
	}
	a.log.WarnContext(ctx, "superfluous copy removed", slog.String(keyPrompt, string(e.ID)))
	a.mu.Lock()
	a.counters.Removed++
	a.mu.Unlock()
}

func (a *active) noteOthers(n int) {
	a.mu.Lock()
	changed := a.others != n
	a.others = n
	a.mu.Unlock()
	if changed {
		poke(a.changed)
	}
}
