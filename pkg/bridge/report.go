package bridge

import (
	"context"
	"log/slog"
	"time"

	"discomfy/pkg/comfy"
	"discomfy/pkg/job"
)

const (
	// reportEvery is the pace of a job's progress: five a second.
	reportEvery = 200 * time.Millisecond
	// mostPreview bounds a preview, in bytes, below the broker's payload limit.
	mostPreview = 900 << 10
)

// pace lets something happen at once, and then at most once in a while: the
// last of what came in between is never lost, only late.
type pace struct {
	every time.Duration
	next  time.Time
}

// due reports whether it may happen now, and if not, when.
func (p *pace) due(now time.Time) (bool, time.Time) {
	if now.Before(p.next) {
		return false, p.next
	}
	p.next = now.Add(p.every)
	return true, p.next
}

// report publishes the progress of the runs.
func (a *active) report(ctx context.Context) error {
	later := newAlarm()
	defer later.stop()
	reporters := map[job.ID]*reporter{}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.tracker.dirty:
		case <-later.c():
		}
		runs := a.snapshotRuns()
		alive := make(map[job.ID]*reporter, len(runs))
		for _, r := range runs {
			rep := reporters[r.id()]
			if rep == nil {
				rep = &reporter{pace: pace{every: reportEvery}}
			}
			alive[r.id()] = rep
			if at, wait := rep.publish(ctx, r, time.Now()); wait {
				later.set(at)
			}
		}
		reporters = alive
	}
}

// reporter is what was published of one run.
type reporter struct {
	pace    pace
	quarter int // quarters of the way that were logged
}

// publish sends what is new of a run, or says when it may be sent.
func (rep *reporter) publish(ctx context.Context, r *run, now time.Time) (time.Time, bool) {
	p := r.look()
	if p.rec == nil || p.late || p.gone || !r.tracker.news(p.rec) {
		return time.Time{}, false
	}
	if due, at := rep.pace.due(now); !due {
		return at, true
	}
	progress, preview, ok := r.tracker.report(p.rec)
	if !ok {
		return time.Time{}, false
	}
	progress.Job, progress.Attempt = r.id(), p.attempt
	r.term.Progress(progress)
	rep.log(ctx, r, progress)
	if preview != nil {
		r.preview(preview)
	}
	return time.Time{}, false
}

func (rep *reporter) log(ctx context.Context, r *run, p job.Progress) {
	level := slog.LevelDebug
	if q := int(p.Percent) / 25; q > rep.quarter {
		rep.quarter, level = q, slog.LevelInfo
	}
	r.log.LogAttrs(ctx, level, "progress", slog.Int("percent", int(p.Percent)), slog.String("node", p.Title))
}

func (r *run) preview(p *comfy.Preview) {
	if len(p.Data) > mostPreview {
		r.mu.Lock()
		r.counters.Previews++
		r.mu.Unlock()
		return
	}
	r.term.Preview(job.Preview{Job: r.id(), Type: p.Type, Data: p.Data})
}

// news reports whether report would return something.
func (t *tracker) news(r *record) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return r.dirty && !r.started.IsZero() && r.end == nil
}
