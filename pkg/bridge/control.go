package bridge

import (
	"context"
	"errors"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/comfy"
	"discomfy/pkg/job"
)

// cancelWithin is how long a cancel waits for its outcome before it answers
// that the stop is under way.
const cancelWithin = 2 * time.Second

// pollCancel is how often the outcome of a cancel is looked at.
const pollCancel = 20 * time.Millisecond

// Outcomes of a cancel, for programs.
const (
	outcomeCancelled = "cancelled" // it ends without a result
	outcomeStopping  = "stopping"  // it will end so, once the node that runs lets go
	outcomeEnded     = "ended"     // it had ended before
)

// control is what the bridge answers to requests over NATS. What a request has
// begun lasts as long as the term, not as long as the request.
func (a *active) control(term context.Context) broker.Control {
	cancel := func(ctx context.Context, id job.ID, by string) (broker.CancelAnswer, error) {
		return a.cancel(ctx, term, id, by)
	}
	return broker.Control{Cancel: cancel, Status: a.status}
}

// cancel stops a job wherever it is and says what happened. A job that was
// accepted and has not arrived here yet is waited for.
func (a *active) cancel(ctx, term context.Context, id job.ID, by string) (broker.CancelAnswer, error) {
	stop := job.Stop{Code: job.CodeCancelled, By: by}
	for deadline := time.Now().Add(cancelWithin); ; {
		if h := a.withdraw(id); h != nil {
			return a.cancelWaiting(ctx, term, h, stop)
		}
		if r := a.find(id); r != nil {
			answer, err := r.halted(ctx, stop)
			if err == nil && answer.Outcome == outcomeStopping && a.find(id) != r && pause(ctx, pollCancel) {
				continue // it was given back before its owner saw the stop
			}
			return answer, err
		}
		answer, err := a.cancelled(ctx, id)
		if answer.Outcome != outcomeStopping || time.Now().After(deadline) || !pause(ctx, pollCancel) {
			return answer, err
		}
	}
}

// cancelWaiting ends a job that was taken out of the schedule. From then on it
// belongs to a goroutine of the term: with a store that takes nothing, its end
// comes later than any request waits.
func (a *active) cancelWaiting(ctx, term context.Context, h *held, stop job.Stop) (broker.CancelAnswer, error) {
	s := h.end(job.Cancelled)
	s.Stop = &stop
	closed := make(chan error, 1)
	a.owners.Go(func() {
		err := a.close(term, s)
		if err != nil {
			a.fault(err)
		}
		closed <- err
	})
	select {
	case err := <-closed:
		if err != nil {
			return broker.CancelAnswer{}, err
		}
		return broker.CancelAnswer{Outcome: outcomeCancelled, Words: "cancelled while it waited"}, nil
	case <-ctx.Done():
		return broker.CancelAnswer{}, ctx.Err()
	case <-time.After(cancelWithin):
		return broker.CancelAnswer{Outcome: outcomeStopping, Words: "it will not run; its end is still being stored"}, nil
	}
}

// withdraw takes a waiting job out of the schedule.
func (a *active) withdraw(id job.ID) *held {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.schedule.remove(id)
}

// cancelled answers for a job that is not open here.
func (a *active) cancelled(ctx context.Context, id job.ID) (broker.CancelAnswer, error) {
	s, err := a.term.Last(ctx, id)
	switch {
	case err == nil && s.Phase.Ended():
		return ended(s), nil
	case errors.Is(err, broker.ErrNotFound):
		_, err = a.broker.Pending(ctx, id)
	}
	switch {
	case errors.Is(err, broker.ErrNotFound):
		return broker.CancelAnswer{}, &job.Error{Code: job.CodeNotFound, Message: id.String()}
	case err != nil:
		return broker.CancelAnswer{}, err
	}
	return broker.CancelAnswer{Outcome: outcomeStopping, Words: "the bridge is just taking it up; try again in a moment"}, nil
}

// ended says how a job ended that somebody wanted to cancel.
func ended(s job.State) broker.CancelAnswer {
	switch s.Phase {
	case job.Cancelled:
		return broker.CancelAnswer{Outcome: outcomeCancelled, Words: "cancelled"}
	case job.Done:
		return broker.CancelAnswer{Outcome: outcomeEnded, Words: "it had already finished"}
	}
	return broker.CancelAnswer{Outcome: outcomeEnded, Words: "it had already ended: " + string(s.Phase)}
}

// halted asks the run's owner to stop it, and waits a little for the outcome.
func (r *run) halted(ctx context.Context, stop job.Stop) (broker.CancelAnswer, error) {
	if p := r.look(); p.late && !p.gone {
		return broker.CancelAnswer{Outcome: outcomeEnded, Words: "it has just finished; its result is being stored"}, nil
	}
	select {
	case r.stops <- stopRequest{stop: stop}:
	default: // a stop is on its way already
	}
	poll := time.NewTicker(pollCancel)
	defer poll.Stop()
	deadline := time.After(cancelWithin)
	for {
		select {
		case <-ctx.Done():
			return broker.CancelAnswer{}, ctx.Err()
		case <-deadline:
			return broker.CancelAnswer{Outcome: outcomeStopping, Words: "being stopped; the node that runs has to end first"}, nil
		case <-poll.C:
			if r.find(r.id()) != r || r.look().gone {
				return r.cancelled(ctx, r.id())
			}
		}
	}
}

// Status is the bridge's own account of itself.
type Status struct {
	Queue      job.Queue `json:"queue"`
	Epoch      uint64    `json:"epoch"`
	ClientID   string    `json:"client_id"`
	ComfyUI    string    `json:"comfyui"`
	Version    string    `json:"version,omitempty"`
	Devices    []string  `json:"devices,omitempty"`
	Connected  bool      `json:"connected"`
	Generation uint64    `json:"generation"`
	Words      string    `json:"words,omitempty"` // why nothing moves
	InFlight   int       `json:"in_flight"`
	Inside     int       `json:"inside"`
	Waiting    int       `json:"waiting"`
	Others     int       `json:"others"`
	Counters   counters  `json:"counters"`
	// Of the socket to ComfyUI, during this term.
	Frames frames          `json:"frames"`
	Socket comfy.ConnStats `json:"socket"`
}

// frames counts what the socket told and nobody could use.
type frames struct {
	Unrouted  int `json:"unrouted"`  // belonged to no prompt
	Strangers int `json:"strangers"` // prompts that were not known as ours
}

// status reports on this term.
func (a *active) status(context.Context) (any, error) {
	link := a.link.state()
	s := Status{
		Queue: a.cfg.Queue, Epoch: a.term.Epoch(), ClientID: a.client, ComfyUI: a.comfy.URL(),
		Devices: link.devices, Connected: link.gen != 0, Generation: link.gen,
		Words: a.words(), InFlight: a.cfg.InFlight, Inside: a.openInside(),
	}
	s.Socket, s.Frames = a.conn.Stats(), a.tracker.unused()
	if link.version.Known {
		s.Version = link.version.String()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s.Waiting, s.Others, s.Counters = len(a.schedule.order()), a.others, a.counters
	return s, nil
}
