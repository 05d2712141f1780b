package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

// ackWithin bounds the wait for the server's word that a job is gone.
const ackWithin = 5 * time.Second

// receive takes the queue's jobs as the broker hands them over.
func (a *active) receive(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case d, ok := <-a.term.Deliveries():
			if !ok {
				return nil
			}
			if err := a.hold(ctx, d); err != nil {
				return fmt.Errorf("job %s: %w", d.Request.ID, err)
			}
		}
	}
}

// hold puts a job where its last state says that it belongs.
func (a *active) hold(ctx context.Context, d broker.Delivery) error {
	state, err := a.last(ctx, d.Request.ID)
	if err != nil {
		return err
	}
	h := &held{request: d.Request, seq: d.Seq, state: state}
	switch {
	case state.Phase.Ended():
		return a.acknowledge(ctx, d.Request.ID)
	case state.Phase == job.Queued && state.Queue != "" && state.Queue != a.cfg.Queue:
		return a.passOn(ctx, h)
	case state.Phase == "":
		return a.enqueue(ctx, h)
	case state.Phase == job.Queued:
		a.wait(h)
	default:
		a.resume(ctx, h)
	}
	return nil
}

// last reads a job's newest state; the zero State when it has none.
func (a *active) last(ctx context.Context, id job.ID) (job.State, error) {
	complain := sparingly()
	for {
		s, err := a.term.Last(ctx, id)
		switch {
		case err == nil:
			return s, nil
		case errors.Is(err, broker.ErrNotFound):
			return job.State{}, nil
		case errors.Is(err, broker.ErrLeaseLost) || !pause(ctx, time.Second):
			return job.State{}, err
		}
		complain.Do(func() {
			a.log.WarnContext(ctx, "reading a state; trying again", slog.String(keyJob, id.String()), slog.Any(keyError, err))
		})
	}
}

// enqueue accepts a job that is new here.
func (a *active) enqueue(ctx context.Context, h *held) error {
	h.state = job.State{Job: h.request.ID, Phase: job.Queued, Queue: a.cfg.Queue}
	a.cfg.Hook(ctx, PointBeforeQueued)
	if err := a.write(ctx, &h.state); err != nil {
		return err
	}
	a.cfg.Hook(ctx, PointAfterQueued)
	a.log.InfoContext(ctx, "job queued", slog.String(keyJob, h.request.ID.String()),
		slog.String("user", string(h.request.User)), slog.String(keyWorkflow, h.request.Workflow))
	a.wait(h)
	return nil
}

func (a *active) wait(h *held) {
	a.mu.Lock()
	a.schedule.add(h)
	a.mu.Unlock()
	a.orderChanged()
}

// resume takes up a job that a former term, or this one before a reconnect,
// left inside ComfyUI. It takes its place in the window at once.
func (a *active) resume(ctx context.Context, h *held) {
	a.log.InfoContext(ctx, "taking up a job that was under way", slog.String(keyJob, h.request.ID.String()),
		slog.String("phase", string(h.state.Phase)), slog.Int(keyAttempt, h.state.Attempt))
	a.mu.Lock()
	a.schedule.account(h.request)
	a.mu.Unlock()
	a.begin(ctx, h, (*run).recover)
	a.orderChanged()
}

// passOn finishes a move to another queue that was interrupted: a publish of
// what is there already is a success.
func (a *active) passOn(ctx context.Context, h *held) error {
	r := h.request
	r.Queue = h.state.Queue
	if _, err := a.broker.Submit(ctx, r); err != nil {
		return fmt.Errorf("pass on to queue %s: %w", r.Queue, err)
	}
	return a.acknowledge(ctx, r.ID)
}

// write writes a state through the fence, and repeats it as long as the term
// lasts: nothing goes on before it is durable.
func (a *active) write(ctx context.Context, s *job.State) error {
	if s.At.IsZero() {
		s.At = time.Now().UTC()
	}
	complain := sparingly()
	for {
		err := a.term.Write(ctx, *s)
		switch {
		case err == nil, errors.Is(err, broker.ErrAlreadyEnded):
			return nil
		case errors.Is(err, broker.ErrLeaseLost), errors.Is(err, broker.ErrFenced):
			return err
		}
		complain.Do(func() {
			a.log.WarnContext(ctx, "state not written; trying again", slog.String(keyJob, s.Job.String()),
				slog.String("phase", string(s.Phase)), slog.Any(keyError, err))
		})
		if !pause(ctx, time.Second) {
			return err
		}
	}
}

// acknowledge removes a job whose terminal state is written. A failure is no
// loss: the job comes again, and its state says that it has ended.
func (a *active) acknowledge(ctx context.Context, id job.ID) error {
	a.cfg.Hook(ctx, PointBeforeAck)
	// The end is written: being asked to stop now must not bring the job back.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackWithin)
	defer cancel()
	if err := a.term.Done(ctx, id); err != nil {
		if errors.Is(err, broker.ErrLeaseLost) {
			return err
		}
		a.log.WarnContext(ctx, "job not acknowledged; it will come again", slog.String(keyJob, id.String()), slog.Any(keyError, err))
	}
	return nil
}

// expire ends jobs that waited too long.
func (a *active) expire(ctx context.Context) error {
	for pause(ctx, time.Minute) {
		for _, h := range a.takeExpired(time.Now()) {
			s := h.end(job.Failed)
			s.Error = &job.Error{Code: job.CodeExpired, Message: fmt.Sprintf("it was not its turn for %d hours", int(a.cfg.Wait.Hours()))}
			if err := a.close(ctx, s); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

func (a *active) takeExpired(now time.Time) []*held {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []*held
	for _, h := range a.schedule.order() {
		if now.Sub(h.request.Created) > a.cfg.Wait {
			out = append(out, h)
		}
	}
	for _, h := range out {
		a.schedule.remove(h.request.ID)
	}
	return out
}

// end is the terminal state of a job that has not run.
func (h *held) end(phase job.Phase) job.State {
	s := h.state
	return job.State{
		Job: h.request.ID, Phase: phase, Attempt: s.Attempt, Starts: s.Starts, PromptID: s.PromptID,
		Request: &h.request, Timings: &job.Timings{Created: h.request.Created},
	}
}

// close writes a job's end and lets it go.
func (a *active) close(ctx context.Context, s job.State) error {
	a.cfg.Hook(ctx, PointBeforeEnd)
	if err := a.write(ctx, &s); err != nil {
		return err
	}
	a.cfg.Hook(ctx, PointAfterEnd)
	a.count(s.Phase)
	a.logEnd(ctx, s)
	err := a.acknowledge(ctx, s.Job)
	a.orderChanged()
	return err
}

func (a *active) count(p job.Phase) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch p {
	case job.Done:
		a.counters.Done++
	case job.Failed:
		a.counters.Failed++
	case job.Cancelled:
		a.counters.Cancelled++
	case job.Rejected:
		a.counters.Rejected++
	}
}

func (a *active) logEnd(ctx context.Context, s job.State) {
	attrs := []slog.Attr{slog.String(keyJob, s.Job.String()), slog.Int("files", len(s.Results))}
	if s.Timings != nil && !s.Timings.Started.IsZero() && !s.Timings.Ended.IsZero() {
		attrs = append(attrs, slog.Duration("took", s.Timings.Ended.Sub(s.Timings.Started).Round(time.Millisecond)))
	}
	if s.Error != nil {
		attrs = append(attrs, slog.String(keyError, s.Error.Error()))
	}
	if s.Stop != nil {
		attrs = append(attrs, slog.String("by", s.Stop.By))
	}
	a.log.LogAttrs(ctx, slog.LevelInfo, "job "+string(s.Phase), attrs...)
}
