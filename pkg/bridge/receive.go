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

// passPause is the time between two tries to pass a job on.
const passPause = 5 * time.Second

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
	if errors.Is(err, broker.ErrUnreadable) {
		// A newer version's, perhaps: it stays in the queue, and keeps nobody else waiting.
		a.log.ErrorContext(ctx, "a job is left alone", slog.String(keyJob, d.Request.ID.String()), slog.Any(keyError, err))
		return nil
	}
	if err != nil {
		return err
	}
	flow, _ := a.workflows.Get(d.Request.Workflow)
	h := &held{request: d.Request, seq: d.Seq, state: state, steps: stepsOf(flow, d.Request)}
	switch {
	case state.Phase.Ended():
		return a.acknowledge(ctx, d.Request.ID)
	case state.Queue != "" && state.Queue != a.cfg.Queue && state.Phase != job.Queued:
		return a.acknowledge(ctx, d.Request.ID) // it arrived there
	case state.Queue != "" && state.Queue != a.cfg.Queue:
		a.owners.Go(func() { a.passOn(ctx, h) })
	case state.Phase == "":
		return a.enqueue(ctx, h)
	case state.Phase == job.Queued && state.Attempt > 0:
		a.waitAgain(h)
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
		case errors.Is(err, broker.ErrUnreadable):
			return job.State{}, err
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

// waitAgain puts a job that ComfyUI lost in a former term before all others.
func (a *active) waitAgain(h *held) {
	a.mu.Lock()
	a.schedule.account(h.request)
	a.schedule.giveBack(h)
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
// what is there already is a success. A queue that is full, or not there yet,
// is waited for, and keeps nobody else waiting.
func (a *active) passOn(ctx context.Context, h *held) {
	r := h.request
	r.Queue = h.state.Queue
	complain := sparingly()
	for {
		_, err := a.broker.Submit(ctx, r)
		if err == nil {
			if err = a.acknowledge(ctx, r.ID); err != nil {
				a.fault(err)
			}
			return
		}
		complain.Do(func() {
			a.log.ErrorContext(ctx, "a job can not be passed on; trying again", slog.String(keyJob, r.ID.String()),
				slog.String("to", string(r.Queue)), slog.Any(keyError, err))
		})
		if !pause(ctx, passPause) {
			return
		}
	}
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
	for pause(ctx, min(time.Minute, a.cfg.Wait)) {
		for _, h := range a.takeExpired() {
			s := h.end(job.Failed)
			s.Error = h.expired(a.cfg.Wait)
			if err := a.close(ctx, s); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

func (a *active) takeExpired() []*held {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []*held
	for _, h := range a.schedule.order() {
		if h.expired(a.cfg.Wait) != nil {
			out = append(out, h)
		}
	}
	for _, h := range out {
		a.schedule.remove(h.request.ID)
	}
	return out
}

// expired is the error of a job that has waited for longer than that, nil for
// every other.
func (h *held) expired(after time.Duration) *job.Error {
	if time.Since(h.request.Created) <= after {
		return nil
	}
	return &job.Error{Code: job.CodeExpired, Message: "for " + after.String()}
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
