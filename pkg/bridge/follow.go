package bridge

import (
	"context"
	"log/slog"
	"time"

	"discomfy/pkg/comfy"
	"discomfy/pkg/job"
)

// recover takes up a job that was inside ComfyUI when the former term ended.
func (r *run) recover(ctx context.Context) (step, error) {
	r.letPass()
	r.plan = r.recall()
	if r.state.Phase == job.Stopping {
		r.stop = &stopping{Stop: job.Stop{Code: job.CodeCancelled}, since: time.Now()}
		if r.state.Stop != nil {
			r.stop.Stop = *r.state.Stop
		}
	}
	r.attach(r.prompt())
	if t := r.timings(); !t.Started.IsZero() {
		r.tracker.began(r.rec, t.Started)
	}
	return (*run).seek, nil
}

// recall rebuilds what is known of the run's nodes. A workflow that is gone
// leaves a bar without titles.
func (r *run) recall() *plan {
	name := r.held.request.Workflow
	if r.flow == nil {
		return newPlan(name, 0, nil, r.memory)
	}
	files := map[string]string{}
	for param := range r.held.request.Inputs {
		files[param] = param
	}
	bound, err := r.bind(files)
	if err != nil {
		return newPlan(name, 0, nil, r.memory)
	}
	r.bound = bound
	return newPlan(name, r.held.steps, bound.Nodes, r.memory)
}

// seek finds out where the attempt is, when it may have been lost.
func (r *run) seek(ctx context.Context) (step, error) {
	r.publish(func(p *public) { p.seeking = true })
	f, err := r.locate(ctx)
	if err != nil {
		return nil, err
	}
	known := r.tracker.view(r.rec).end != nil // told by the socket, whatever the history says
	if f.place != absent || known {
		r.publish(func(p *public) { p.seeking = false })
		poke(r.free)
	}
	switch f.place {
	case waiting, executing:
		r.entered(f.gen)
		if f.place == executing {
			r.tracker.seen(r.rec)
		}
		return (*run).follow, nil
	case inHistory:
		if f.entry == nil && known {
			return (*run).follow, nil
		}
		r.publish(func(p *public) { p.inside = true })
		return r.settled(ctx, f.entry)
	}
	if known {
		return (*run).follow, nil
	}
	return r.vanished(ctx, f)
}

// vanished decides about a prompt that ComfyUI no longer knows.
func (r *run) vanished(ctx context.Context, f found) (step, error) {
	p := r.look()
	switch {
	case r.stop != nil:
		return r.endStopped(ctx)
	case p.inside && p.gen != 0 && p.gen == f.gen && f.heard:
		// The server did not restart in between, so a person removed it there. An
		// open socket alone proves nothing: that of a host which lost its power
		// stays open for a minute. But every removal is told to it.
		r.stop = newStopping(stopRequest{stop: job.Stop{Code: job.CodeCancelled, By: byServer}})
		return r.endStopped(ctx)
	}
	return r.again(ctx, "ComfyUI does not have it; trying again", r.doubt)
}

// follow waits for the run's end.
func (r *run) follow(ctx context.Context) (step, error) {
	timeout := newAlarm()
	defer timeout.stop()
	push := time.NewTicker(time.Second)
	defer push.Stop()
	for {
		if next, err := r.observe(ctx, timeout); next != nil || err != nil {
			return next, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-r.rec.wake:
		case <-r.check:
			return (*run).seek, nil
		case s := <-r.stops:
			if err := r.beginStop(ctx, s); err != nil {
				return nil, err
			}
			if next, err := r.pushStop(ctx); next != nil || err != nil {
				return next, err
			}
		case <-timeout.c():
			if err := r.beginStop(ctx, r.timedOut()); err != nil {
				return nil, err
			}
		case <-push.C:
			if next, err := r.pushStop(ctx); next != nil || err != nil {
				return next, err
			}
		}
	}
}

// observe acts on what the socket told: it records the start of the run, and
// goes on to the end when there is one.
func (r *run) observe(ctx context.Context, timeout *alarm) (step, error) {
	v := r.tracker.view(r.rec)
	if !v.started.IsZero() && !r.look().started {
		r.publish(func(p *public) { p.started = true })
		r.orderChanged()
	}
	if !v.started.IsZero() && r.state.Phase == job.Submitted {
		if err := r.started(ctx, v); err != nil {
			return nil, err
		}
	}
	if !v.started.IsZero() && r.stop == nil {
		timeout.set(v.started.Add(r.limit()))
	}
	if v.end == nil {
		return nil, nil
	}
	return func(r *run, ctx context.Context) (step, error) { return r.conclude(ctx, v) }, nil
}

func (r *run) started(ctx context.Context, v view) error {
	t := r.timings()
	t.Started = v.started.UTC()
	if v.end != nil {
		// It has ended already: one write less until the result is there.
		r.state.Starts++
		r.state.Timings = &t
		return nil
	}
	r.cfg.Hook(ctx, PointBeforeRunning)
	err := r.advance(ctx, job.Running, func(s *job.State) {
		s.Timings = &t
		s.Starts++
	})
	if err == nil {
		r.log.InfoContext(ctx, "run started", slog.String(keyPrompt, string(r.prompt())))
	}
	return err
}

// limit is how long the run may last.
func (r *run) limit() time.Duration {
	if r.flow == nil {
		return r.cfg.timeout("")
	}
	return r.cfg.timeout(r.flow.Manifest.Kind)
}

// conclude goes from the end that the socket told to the job's own.
func (r *run) conclude(ctx context.Context, v view) (step, error) {
	r.publish(func(p *public) { p.late = true })
	t := r.timings()
	t.Ended = v.end.at.UTC()
	r.state.Timings = &t
	if r.stop != nil {
		return r.endStopped(ctx)
	}
	switch v.end.outcome {
	case comfy.OutcomeSuccess:
		return (*run).gather, nil
	case comfy.OutcomeInterrupted:
		return r.interrupted(ctx)
	}
	return r.failed(ctx, v.end.failure)
}

// settled goes from the history entry to the job's end.
func (r *run) settled(ctx context.Context, e *comfy.Entry) (step, error) {
	r.publish(func(p *public) { p.late = true })
	if e != nil {
		r.took(e)
	}
	switch {
	case r.stop != nil:
		return r.endStopped(ctx)
	case e == nil:
		return r.fail(ctx, job.Failed, &job.Error{Code: job.CodeInternal, Message: "ComfyUI's history of job " + r.id().String() + " can not be read"})
	}
	switch e.Outcome {
	case comfy.OutcomeSuccess:
		return func(r *run, ctx context.Context) (step, error) { return r.collect(ctx, e.Outputs) }, nil
	case comfy.OutcomeInterrupted:
		return r.interrupted(ctx)
	}
	failure := comfy.ExecutionError{}
	if e.Failure != nil {
		failure = *e.Failure
	}
	return r.failed(ctx, failure)
}

// took fills in the moments of a run that ended while nobody listened. The
// server's clock is trusted for the run's length only, so a run whose start
// nobody saw is counted from its submission.
func (r *run) took(e *comfy.Entry) {
	if r.state.Phase == job.Submitted {
		r.state.Starts++
	}
	t := r.timings()
	if t.Started.IsZero() {
		t.Started = t.Submitted
	}
	t.Ended = t.Started.Add(e.Ended.Sub(e.Started))
	r.state.Timings = &t
}

// timings is a copy of what is known so far.
func (r *run) timings() job.Timings {
	t := job.Timings{}
	if r.state.Timings != nil {
		t = *r.state.Timings
	}
	t.Created = r.held.request.Created
	return t
}

// interrupted is the end of a run that somebody stopped at the server.
func (r *run) interrupted(ctx context.Context) (step, error) {
	r.stop = newStopping(stopRequest{stop: job.Stop{Code: job.CodeCancelled, By: byServer}})
	return r.endStopped(ctx)
}

// failed is the end of a run by an error. Out of memory is worth one more try
// with everything unloaded.
func (r *run) failed(ctx context.Context, e comfy.ExecutionError) (step, error) {
	if e.OutOfMemory() && r.state.Retry != job.CodeOutOfMemory && r.state.Starts < mostStarts {
		if err := r.comfy.Free(ctx); err != nil {
			r.log.WarnContext(ctx, "could not ask ComfyUI to free its memory", slog.Any(keyError, err))
		}
		return r.again(ctx, "out of memory; trying once more", job.CodeOutOfMemory)
	}
	return r.fail(ctx, job.Failed, r.failure(e))
}
