package bridge

import (
	"cmp"
	"context"
	"slices"
	"time"

	"discomfy/pkg/job"
)

const (
	// announceEvery is the pace of queue snapshots: four a second.
	announceEvery = 250 * time.Millisecond
	// announceIdle repeats the snapshot of a queue that holds jobs, so that its
	// estimates stay true and a late joiner always finds one.
	announceIdle = 10 * time.Second
)

// announce publishes the queue's order whenever it changes.
func (a *active) announce(ctx context.Context) error {
	idle := time.NewTicker(announceIdle)
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.changed:
		case <-idle.C:
		}
		a.term.Snapshot(a.picture(time.Now()))
		if !pause(ctx, announceEvery) {
			return ctx.Err()
		}
	}
}

// picture is the queue as it stands: the runs that began, those that ComfyUI
// has or is about to get, then the schedule.
func (a *active) picture(now time.Time) job.Snapshot {
	s := job.Snapshot{Queue: a.cfg.Queue, At: now.UTC(), Server: a.words(), Running: []job.Place{}, Waiting: []job.Place{}}
	clock := a.clock()
	for _, r := range a.inOrder() {
		p := r.look()
		place := job.Place{Job: r.id(), User: r.held.request.User, Workflow: r.held.request.Workflow}
		if p.started || p.late {
			place.Seconds = clock.run(p)
			s.Running = append(s.Running, place)
		} else {
			place.Seconds = clock.wait(r.held)
			s.Waiting = append(s.Waiting, place)
		}
	}
	var scheduled []*held
	scheduled, s.Others = a.scheduled()
	for _, h := range scheduled {
		s.Waiting = append(s.Waiting, job.Place{
			Job: h.request.ID, User: h.request.User, Workflow: h.request.Workflow, Seconds: clock.wait(h),
		})
	}
	return s
}

// scheduled is the schedule, of which the requests may be read, and the number
// of other clients' prompts.
func (a *active) scheduled() ([]*held, int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.schedule.order()), a.others
}

// inOrder is the runs whose record is open, those that began first.
func (a *active) inOrder() []*run {
	runs := slices.DeleteFunc(a.snapshotRuns(), func(r *run) bool { return r.look().gone })
	slices.SortFunc(runs, func(x, y *run) int {
		return cmp.Or(-cmp.Compare(begun(x), begun(y)), cmp.Compare(x.order, y.order))
	})
	return runs
}

func begun(r *run) int {
	if p := r.look(); p.started || p.late {
		return 1
	}
	return 0
}

// words says why nothing moves, or "".
func (a *active) words() string {
	if w := a.link.state().words(); w != "" {
		return w
	}
	occupied := slices.ContainsFunc(a.snapshotRuns(), func(r *run) bool { return r.look().gone })
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case occupied && a.window >= a.cfg.InFlight:
		return "a run that was stopped has not let go of ComfyUI yet"
	case a.full > 0:
		return "the results store is full; nothing new is started"
	case a.drains():
		return "the bridge is being stopped; what runs is finished"
	}
	return ""
}

// clock adds up estimates along the queue. Once something of unknown duration
// is ahead, everything behind it is unknown.
type clock struct {
	a     *active
	ahead float64
	known bool
}

// clock starts with what others have in the same ComfyUI.
func (a *active) clock() *clock {
	a.mu.Lock()
	others := a.others
	a.mu.Unlock()
	c := &clock{a: a, known: true}
	if others > 0 {
		typical, ok := a.memory.typical()
		c.ahead, c.known = float64(others)*typical.Seconds(), ok
	}
	return c
}

// run is the seconds until a running job ends.
func (c *clock) run(p public) float64 {
	left, known := 0.0, true
	if !p.late {
		left, known = c.a.tracker.left(p.rec)
	}
	if !known {
		c.known = false
		return 0
	}
	c.ahead += left
	return left
}

// wait is the seconds until a waiting job starts.
func (c *clock) wait(h *held) float64 {
	ahead := c.ahead
	if !c.known {
		ahead = 0
	}
	d, ok := c.a.memory.expect(h.request.Workflow, h.steps)
	c.known = c.known && ok
	c.ahead += d.Seconds()
	return ahead
}
