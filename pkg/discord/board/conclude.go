package board

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

// expect is how long the answer that makes the card is waited for when the job
// has ended already.
const expect = 200 * time.Millisecond

// conclude shows the end of the job, for as long as it takes, and returns the
// sequence of the state that was shown.
func (k *keeper) conclude(alive, work context.Context) (uint64, error) {
	f, _ := k.look()
	if err := k.awaitCard(alive); err != nil {
		return 0, err
	}
	for {
		if !k.handle.Ending.Over() {
			ours, err := k.seize(alive)
			if err == nil && ours {
				err = k.leased(alive, work, func(alive context.Context) error { return k.finish(alive, work, f.state) })
			}
			if err != nil {
				return f.seq, err
			}
			if e := k.handle.Ending; !e.Over() && !e.Parked {
				continue // a click has brought a token meanwhile
			}
		}
		if stays, err := k.lookAgain(alive); stays || err != nil {
			return f.seq, err
		}
	}
}

// awaitCard reads the handle, and waits for the answer that makes the card.
func (k *keeper) awaitCard(ctx context.Context) error {
	if err := k.refresh(ctx); err != nil {
		return err
	}
	for k.handle.Card == "" && k.b.cfg.Now().Sub(k.handle.Asked) < unanswered && !k.handle.Lost {
		if err := sleep(ctx, expect); err != nil {
			return err
		}
		if err := k.refresh(ctx); err != nil {
			return err
		}
	}
	k.findCard(ctx)
	return nil
}

// findCard asks Discord which message the card is, where who has answered died
// before it could note that: the result is to be a reply to it.
func (k *keeper) findCard(ctx context.Context) {
	if k.handle.Card != "" || k.handle.Lost || k.handle.Ending.Over() || !k.handle.ByToken(k.b.cfg.Now()) {
		return
	}
	p, err := k.b.line.ReadOriginal(ctx, k.handle.Access())
	if err != nil {
		k.log.DebugContext(ctx, "the card of a job is not found", slog.Any(keyError, err))
		return
	}
	k.made(ctx, p)
}

// finish delivers the end, and stores that it did.
func (k *keeper) finish(alive, work context.Context, s job.State) error {
	e, err := k.newEnd(alive, work, s)
	if err != nil {
		return err
	}
	defer e.close()
	w, err := e.deliver()
	if err != nil {
		return err
	}
	switch w {
	case parked:
		return e.park()
	case nowhere:
		k.b.count.dropped.Add(1)
		k.log.WarnContext(work, "there is no place left for a result, the record has it", slog.String("phase", string(s.Phase)))
	default:
		k.b.count.ends.Add(1)
	}
	look, err := k.suspicion(alive)
	if err != nil {
		return err
	}
	return e.store(func(h *reply.Handle) {
		h.Ending.Release(k.b.name)
		h.Ending.Done, h.Ending.Look, h.Ending.Edited = k.b.cfg.Now().UTC(), look, k.edited
		if look.IsZero() && !h.Opening.IsZero() {
			h.Ending.Look = time.Now().Add(strayFor).UTC()
		}
		h.Opening = time.Time{}
	})
}

// park leaves the end to the next click, unless that has come meanwhile.
func (e *end) park() error {
	err := e.store(func(h *reply.Handle) {
		h.Ending.Parked = !h.ByToken(e.b.cfg.Now()) || h.Token == e.token
		h.Ending.Release(e.b.name)
	})
	if err == nil && e.handle.Ending.Parked {
		e.b.count.parked.Add(1)
	}
	return err
}

// end is the delivery of one job's end. It belongs to the card's goroutine.
type end struct {
	*keeper
	alive, work context.Context
	state       job.State
	token       string         // that the handle had when this was begun
	plan        *delivery.Plan // nil where there are no files
	starts      []int          // of the plan's batches: which file of the result is the first of each
	reach       reach
	tell        bool  // people are told by a new message
	plainness   int   // how much of the message was given up because Discord did not understand it
	noted       bool  // the message says that there is more than it holds
	unfit       error // why a file could not be made smaller
	poorer      bool  // people have files already, and not all can be had now
	missing     bool  // a further message has no files any more, which the main one does not say
	fails       int
}

var (
	// errPlan is returned where a file of the plan cannot be sent: it is made anew.
	errPlan = errors.New("the prepared files cannot be sent")
	// errUnmade is an errPlan, returned where the files cannot be had now.
	errUnmade = fmt.Errorf("%w: not all can be had now", errPlan)
)

// newEnd prepares the files.
func (k *keeper) newEnd(alive, work context.Context, s job.State) (*end, error) {
	e := &end{keeper: k, alive: alive, work: work, state: s, token: k.handle.Token, reach: reach{Handle: k.handle}}
	e.tell = k.b.cfg.TellAfter > 0 && s.Phase != job.Cancelled && k.b.cfg.Now().Sub(k.handle.Asked) > k.b.cfg.TellAfter
	e.tell = e.tell && !k.handle.Ending.InCard // what was chosen once stays
	if s.Phase != job.Done || len(s.Results) == 0 || k.bare() {
		e.poorer = arrived(k.handle.Ending) > 0
		return e, nil
	}
	o := delivery.Order{Job: s.Job, Spoiler: k.handle.Spoiler, Results: s.Results, Insist: k.insists()}
	if r := s.Request; r != nil {
		o.Workflow = r.Workflow
		if p, ok := r.Params["prompt"].(string); ok && !k.handle.Wordless {
			o.Prompt = p
		}
	}
	plan, err := k.b.cfg.Preparer.Prepare(alive, o, delivery.Place{Limit: k.handle.Limit})
	switch {
	case err != nil && alive.Err() != nil:
		return nil, errors.Join(context.Cause(alive), err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errUnmade, err)
	}
	e.plan, e.poorer = plan, plan.Lacking && arrived(k.handle.Ending) > 0
	for n, at := 0, 0; n < len(plan.Batches); n++ {
		e.starts = append(e.starts, at)
		at += len(plan.Batches[n].Files)
	}
	return e, nil
}

func (e *end) close() {
	if e.plan == nil {
		return
	}
	if err := e.plan.Close(); err != nil {
		e.log.WarnContext(e.work, "the files of a delivery could not be freed", slog.Any(keyError, err))
	}
}

// deliver sends the result, then its further messages, then what becomes of a
// card whose result is elsewhere. It returns the way that the result took.
func (e *end) deliver() (way, error) {
	if e.state.Phase == job.Cancelled && (e.reach.Lost || e.reach.Gone) {
		return nowhere, nil // nobody waits for that
	}
	w, err := e.deliverMain()
	if err != nil || w == parked || w == nowhere {
		return w, err
	}
	if err := e.deliverMore(); err != nil {
		return w, err
	}
	if main, ok := e.reach.Ending.Main(); ok {
		return w, e.point(main)
	}
	return w, nil
}

// persist repeats a call until Discord has taken it, something else is to be
// tried (again returns true), or we have to stop.
func (e *end) persist(call func() error, again func(err error) bool) error {
	for {
		if e.alive.Err() != nil { // another one delivers now, or will
			return context.Cause(e.alive)
		}
		err := call()
		if err == nil {
			e.fails = 0
			return nil
		}
		if e.alive.Err() != nil {
			return errors.Join(context.Cause(e.alive), err)
		}
		if _, said := errors.AsType[*api.Error](err); !said {
			return fmt.Errorf("%w: %w", errPlan, err)
		}
		e.b.count.refusals.Add(1)
		if again(err) {
			return cmp.Or(e.unfit, err)
		}
		if err := sleep(e.alive, e.pauseAfter(err)); err != nil {
			return err
		}
	}
}

// pauseAfter is how long to wait before the same is tried again.
func (e *end) pauseAfter(err error) time.Duration {
	e.fails++
	wait := backOff(e.fails)
	switch api.KindOf(err) {
	case api.Limited, api.OldEdits:
		wait = limited(err)
	case api.Unauthorized:
		wait = unauthorized
	}
	e.log.WarnContext(e.work, "an end can not be shown yet", slog.Any(keyError, err), slog.Duration("wait", wait))
	return wait
}

// store changes the handle. It is repeated while the broker does not take it:
// what was sent must be known to whoever goes on.
func (e *end) store(edit func(h *reply.Handle)) error {
	for fails := 1; ; fails++ {
		h, err := e.b.handles.Change(e.work, e.id, func(h *reply.Handle) {
			h.Lost, h.Gone, h.Wordless = h.Lost || e.reach.Lost, h.Gone || e.reach.Gone, h.Wordless || e.reach.Wordless
			edit(h)
		})
		if err == nil {
			e.handle, e.reach.Handle = h, h
			return nil
		}
		if errors.Is(err, broker.ErrNotFound) {
			edit(&e.handle)
			e.reach.Handle = e.handle
			return nil // it has expired
		}
		e.log.WarnContext(e.work, "what was sent could not be stored, trying again", slog.Any(keyError, err))
		if err := sleep(e.work, backOff(fails)); err != nil {
			return err
		}
		if e.alive.Err() != nil && fails > 2 {
			return err
		}
	}
}
