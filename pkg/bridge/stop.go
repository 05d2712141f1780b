package bridge

import (
	"context"
	"log/slog"
	"time"

	"discomfy/pkg/job"
)

// byServer is who stopped a run that was stopped in ComfyUI's own page.
const byServer = "server"

// stopRequest asks the owner of a run to stop it.
type stopRequest struct {
	stop job.Stop
}

// stopping is a stop that is being carried out.
type stopping struct {
	job.Stop
	since time.Time
}

func newStopping(s stopRequest) *stopping { return &stopping{Stop: s.stop, since: time.Now()} }

// overdue reports that the record should end without waiting any longer.
func (r *run) overdue() bool { return r.stop != nil && time.Since(r.stop.since) > r.cfg.LivesOn }

func (r *run) timedOut() stopRequest {
	return stopRequest{stop: job.Stop{Code: job.CodeTimedOut, By: "limit of " + r.limit().String()}}
}

// beginStop records that the job is being stopped, before anything is done
// about it, so that a successor completes the stop instead of submitting again.
func (r *run) beginStop(ctx context.Context, s stopRequest) error {
	if r.stop != nil {
		return nil
	}
	r.cfg.Hook(ctx, PointBeforeStopping)
	stop := s.stop
	if err := r.advance(ctx, job.Stopping, func(st *job.State) { st.Stop = &stop }); err != nil {
		return err
	}
	r.cfg.Hook(ctx, PointAfterStopping)
	r.stop = newStopping(s)
	r.log.InfoContext(ctx, "stopping", slog.String("by", stop.By), slog.String("code", string(stop.Code)))
	return nil
}

// pushStop tries to stop the run, as often as it takes.
func (r *run) pushStop(ctx context.Context) (step, error) {
	if r.stop == nil {
		return nil, nil
	}
	q, err := r.readQueue(ctx)
	if err == nil {
		_, where := r.in(q)
		if where == absent {
			return (*run).seek, nil
		}
		var can bool
		can, err = r.halt(ctx, q, r.prompt())
		switch {
		case !can:
			// This server would stop whoever's run it is: let ours run, drop its result.
			return r.outlive(ctx)
		case err == nil && where == waiting:
			return (*run).seek, nil // the answer does not say whether it was removed
		}
	}
	if err != nil {
		r.log.WarnContext(ctx, "stopping: trying again", slog.Any(keyError, err))
	}
	if r.overdue() {
		return r.outlive(ctx)
	}
	return nil, nil
}

// endStopped writes the end of a job that was stopped.
func (r *run) endStopped(ctx context.Context) (step, error) {
	return r.end(ctx, r.stop.phase(), r.stop.describe)
}

// outlive writes the end of a stopped job whose prompt ComfyUI still runs, and
// keeps its place in the window until that is over.
func (r *run) outlive(ctx context.Context) (step, error) {
	prompt := r.prompt()
	s, err := r.ended(ctx, r.stop.phase(), r.stop.describe)
	if err != nil {
		return nil, err
	}
	r.state = s
	r.publish(func(p *public) { p.gone = true })
	r.orderChanged()
	r.tracker.detach(prompt)
	for pause(ctx, 2*time.Second) {
		q, err := r.readQueue(ctx)
		if err == nil && placeOf(q, prompt) == absent {
			r.leave(r, nil)
			return nil, nil
		}
		if err == nil {
			_, err = r.halt(ctx, q, prompt) // perhaps the server was not known well enough before
		}
		if err != nil {
			r.log.DebugContext(ctx, "waiting for a stopped prompt to end", slog.Any(keyError, err))
		}
	}
	return nil, ctx.Err()
}

func (s *stopping) phase() job.Phase {
	if s.Code == job.CodeTimedOut {
		return job.Failed
	}
	return job.Cancelled
}

func (s *stopping) describe(st *job.State) {
	stop := s.Stop
	st.Stop = &stop
	if s.Code == job.CodeTimedOut {
		st.Error = &job.Error{Code: job.CodeTimedOut, Message: s.By}
	}
}
