package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/comfy"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// mostStarts bounds how often a run of one job may begin: a job that takes
// ComfyUI down with it must not do so for ever.
const mostStarts = 3

// mostAttempts bounds how often a job is posted in vain, so that something that
// answers in ComfyUI's place does not keep it for ever.
const mostAttempts = 8

// run is a job that left the schedule. Its owner is one goroutine, which walks
// through the steps below and is the only one that writes the job's states.
type run struct {
	*active
	held   *held
	order  uint64 // of leaving the schedule
	log    *slog.Logger
	flow   *workflow.Workflow // nil when it is no longer there
	stops  chan stopRequest   // somebody wants it stopped
	check  chan struct{}      // ComfyUI's queue does not hold it
	passed chan struct{}      // closed when the next job may be dispatched
	pass   sync.Once

	state job.State
	bound *workflow.Bound
	plan  *plan
	rec   *record
	stop  *stopping
	doubt job.Code // why this attempt may be repeated once

	pmu    sync.Mutex
	public public
}

// public is what others may know of a run.
type public struct {
	prompt  comfy.PromptID
	attempt int
	rec     *record
	inside  bool   // ComfyUI has accepted it
	gen     uint64 // the socket's generation when ComfyUI was last known to have it
	started bool
	late    bool // its end is known: too late to stop it
	seeking bool // nobody knows whether ComfyUI still has it
	gone    bool // its record has ended, only its place in the window is kept
}

// step is one stage of a run; it returns the next one, or nil at the end. An
// error means that the term is over: nothing more may be done for the job.
type step func(*run, context.Context) (step, error)

func newRun(a *active, h *held) *run {
	flow, _ := a.workflows.Get(h.request.Workflow)
	return &run{
		active: a, held: h, flow: flow, state: h.state,
		log:    a.log.With(slog.String(keyJob, h.request.ID.String())),
		stops:  make(chan stopRequest, 1),
		check:  make(chan struct{}, 1),
		passed: make(chan struct{}),
	}
}

func (r *run) id() job.ID { return r.held.request.ID }

// own walks through the steps until the job ends, goes back to the schedule,
// or the term is over.
func (r *run) own(ctx context.Context, first step) {
	defer r.letPass()
	for next := first; next != nil; {
		var err error
		if next, err = next(r, ctx); err != nil {
			r.abandon(ctx, err)
			r.fault(err)
			return
		}
	}
}

// abandon leaves the job, un-acknowledged, to whoever holds the next term.
func (r *run) abandon(ctx context.Context, err error) {
	level := slog.LevelDebug
	if ctx.Err() == nil && !errors.Is(err, broker.ErrLeaseLost) && !errors.Is(err, broker.ErrFenced) {
		level = slog.LevelError
	}
	r.log.LogAttrs(ctx, level, "job left to the next term", slog.Any(keyError, err))
}

func (r *run) letPass() { r.pass.Do(func() { close(r.passed) }) }

func (r *run) publish(f func(*public)) {
	r.pmu.Lock()
	defer r.pmu.Unlock()
	f(&r.public)
}

func (r *run) look() public {
	r.pmu.Lock()
	defer r.pmu.Unlock()
	return r.public
}

func (r *run) inside() bool {
	p := r.look()
	return p.inside && !p.gone
}

// attach routes the prompt's events to this run.
func (r *run) attach(prompt comfy.PromptID) {
	if r.rec != nil && r.rec.prompt != prompt {
		r.tracker.detach(r.rec.prompt)
	}
	r.rec = r.tracker.attach(prompt, r.plan)
	r.publish(func(p *public) { p.prompt, p.rec, p.attempt = prompt, r.rec, r.state.Attempt })
}

// entered notes that ComfyUI has the prompt.
func (r *run) entered(gen uint64) {
	r.publish(func(p *public) { p.inside, p.gen = true, gen })
	r.letPass()
	r.orderChanged()
}

// prompt is the id under which ComfyUI knows the present attempt.
func (r *run) prompt() comfy.PromptID { return comfy.PromptID(r.state.PromptID) }

// advance writes the next state of the job, derived from the last one.
func (r *run) advance(ctx context.Context, phase job.Phase, change func(*job.State)) error {
	s := r.state
	s.Phase, s.At, s.Epoch = phase, time.Time{}, 0
	if change != nil {
		change(&s)
	}
	if err := r.write(ctx, &s); err != nil {
		return fmt.Errorf("write %s: %w", phase, err)
	}
	r.state = s
	return nil
}

// end writes the job's end and lets everything of it go.
func (r *run) end(ctx context.Context, phase job.Phase, change func(*job.State)) (step, error) {
	s, err := r.ended(ctx, phase, change)
	if err != nil {
		return nil, err
	}
	r.state = s
	r.tracker.detach(r.prompt())
	r.leave(r, nil)
	return nil, nil
}

func (r *run) ended(ctx context.Context, phase job.Phase, change func(*job.State)) (job.State, error) {
	s := r.held.end(phase)
	s.Attempt, s.Starts, s.PromptID, s.Retry = r.state.Attempt, r.state.Starts, r.state.PromptID, r.state.Retry
	*s.Timings = r.timings()
	if r.rec != nil {
		v := r.tracker.view(r.rec)
		s.Nodes = &v.counts
		if s.Timings.Started.IsZero() {
			s.Timings.Started = v.started
		}
	}
	if s.Timings.Ended.IsZero() && !s.Timings.Started.IsZero() {
		s.Timings.Ended = time.Now().UTC()
	}
	if change != nil {
		change(&s)
	}
	return s, r.close(ctx, s)
}

// fail ends the job with a coded error; any other error is ours.
func (r *run) fail(ctx context.Context, phase job.Phase, err error) (step, error) {
	coded, ok := errors.AsType[*job.Error](err)
	if !ok {
		r.log.ErrorContext(ctx, "job failed by a fault of ours", slog.Any(keyError, err))
		coded = &job.Error{Code: job.CodeInternal, Message: "job " + r.id().String()}
	}
	return r.end(ctx, phase, func(s *job.State) { s.Error = coded })
}

// again gives the job back to the schedule, before all others: ComfyUI no
// longer knows it, or it failed in a way that is worth one more try.
func (r *run) again(ctx context.Context, note string, retry job.Code) (step, error) {
	if r.state.Starts >= mostStarts || r.state.Attempt >= mostAttempts {
		return r.fail(ctx, job.Failed, &job.Error{
			Code:    job.CodeInternal,
			Message: fmt.Sprintf("job %s: ComfyUI lost it each time, after %d submissions and %d runs", r.id(), r.state.Attempt, r.state.Starts),
		})
	}
	err := r.advance(ctx, job.Queued, func(s *job.State) {
		s.Queue, s.Note = r.cfg.Queue, note
		if retry != "" {
			s.Retry = retry
		}
	})
	if err != nil {
		return nil, err
	}
	r.log.WarnContext(ctx, "submitting again", slog.String("why", note), slog.Int(keyAttempt, r.state.Attempt))
	r.tracker.detach(r.prompt())
	r.held.state = r.state
	r.leave(r, r.held)
	return nil, nil
}
