package bridge

import (
	"context"
	"slices"
	"time"

	"discomfy/pkg/job"
)

// dispatch lets jobs into ComfyUI, one after the other and in the order of the
// schedule, while the window has room.
func (a *active) dispatch(ctx context.Context) error {
	for {
		link := a.link.state()
		h := a.take(link)
		if h == nil {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-a.free:
			case <-link.change:
			}
			continue
		}
		r := a.begin(ctx, h, (*run).submit)
		a.orderChanged()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.passed:
		}
	}
}

// take removes the job whose turn it is; nil when nothing may be submitted.
//
// While a run is being looked for, nothing is: what ComfyUI has lost goes
// before all others, and in its old order.
//
// What ComfyUI has lost before runs alone: it may be what ComfyUI died of, and
// shall not take others with it again.
func (a *active) take(link linkState) *held {
	if slices.ContainsFunc(a.snapshotRuns(), func(r *run) bool {
		p := r.look()
		return p.seeking || r.held.again && !p.late && !p.gone
	}) {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !link.ready() || a.full > 0 || a.drains() || a.window >= a.cfg.InFlight {
		return nil
	}
	if first := a.schedule.order(); a.window > 0 && len(first) > 0 && first[0].again {
		return nil
	}
	return a.schedule.next()
}

// begin starts the goroutine that owns the job from now on.
func (a *active) begin(ctx context.Context, h *held, first step) *run {
	r := newRun(a, h)
	a.mu.Lock()
	a.runs[h.request.ID] = r
	a.window++
	a.begun++
	r.order = a.begun
	a.mu.Unlock()
	a.owners.Go(func() { r.own(ctx, first) })
	return r
}

// leave ends the ownership of a job and frees its place in the window.
func (a *active) leave(r *run, back *held) {
	a.mu.Lock()
	delete(a.runs, r.id())
	a.window--
	if back != nil {
		a.schedule.giveBack(back)
	}
	a.mu.Unlock()
	a.orderChanged()
}

// drainWithout is how long a bridge that drains waits for a ComfyUI that is
// away, before it leaves what was inside to the next term.
const drainWithout = 10 * time.Second

// drain ends the term when the bridge was told to finish and nothing of ours
// is inside ComfyUI any more.
func (a *active) drain(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-a.draining:
	}
	a.log.InfoContext(ctx, "draining: what is inside ComfyUI is finished, nothing new is taken")
	for heard := time.Now(); len(a.snapshotRuns()) > 0 && time.Since(heard) < drainWithout; {
		if a.link.state().gen != 0 {
			heard = time.Now()
		}
		if !pause(ctx, 100*time.Millisecond) {
			return ctx.Err()
		}
	}
	return errDrained
}

// drains reports whether nothing new may be taken.
func (a *active) drains() bool {
	select {
	case <-a.draining:
		return true
	default:
		return false
	}
}

// countFull notes that a result waits for room in the store, or no longer does.
func (a *active) countFull(n int) {
	a.mu.Lock()
	a.full += n
	a.mu.Unlock()
	a.orderChanged()
}

// find is the run of a job, or nil.
func (a *active) find(id job.ID) *run {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.runs[id]
}
