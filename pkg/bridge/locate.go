package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"discomfy/pkg/comfy"
	"discomfy/pkg/job"
)

// Keys of a prompt's extra_data: how a run is known again on servers that
// choose the prompt id themselves.
const (
	extraJob     = "discomfy_job"
	extraAttempt = "discomfy_attempt"
)

// recentHistory bounds the search for a run whose id the server chose.
const recentHistory = 64

// place is where a prompt is in ComfyUI.
type place int

const (
	absent place = iota
	waiting
	executing
	inHistory
)

// found is where a prompt was seen, and in which generation of the socket.
type found struct {
	place place
	gen   uint64
	entry *comfy.Entry // of inHistory
	heard bool         // of absent: the socket of that generation is open and agrees with the queue
}

// errHistory is returned when a prompt is not in the queue, and what the
// history says can not be understood.
var errHistory = errors.New("the history can not be read")

// locate asks ComfyUI where the attempt is. Absent is only what two looks in a
// row said, a pause apart and all answered: a large body can still be on its
// way when the first look says "unknown".
func (r *run) locate(ctx context.Context) (found, error) {
	said := 0
	var senseless time.Time // since when the history can not be understood
	for {
		f, err := r.glance(ctx)
		if !errors.Is(err, errHistory) {
			senseless = time.Time{}
		} else if senseless.IsZero() {
			senseless = time.Now()
		}
		switch {
		case ctx.Err() != nil:
			return found{}, ctx.Err()
		case !senseless.IsZero() && time.Since(senseless) > unreadableFor:
			return found{place: inHistory, gen: f.gen}, nil // without an entry
		case err != nil:
			r.log.DebugContext(ctx, "could not ask ComfyUI for the prompt", slog.Any(keyError, err))
			said = 0
		case f.place != absent:
			return f, nil
		default:
			said++
		}
		// A prompt that was accepted, and is stopped, is not submitted again.
		if said == 2 || said == 1 && r.stop != nil && r.look().inside || r.overdue() {
			return f, nil
		}
		r.cfg.Hook(ctx, PointBetweenLooks)
		if err := r.between(ctx); err != nil {
			return found{}, err
		}
	}
}

// between is the pause between two looks, in which a stop is still recorded.
func (r *run) between(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case s := <-r.stops:
		return r.beginStop(ctx, s)
	case <-time.After(r.cfg.Looks):
		return nil
	}
}

// glance looks once, at the queue and then at the history: a prompt that ends
// in between moves from the one to the other.
func (r *run) glance(ctx context.Context) (found, error) {
	gen := r.conn.Generation()
	before := r.link.state().told
	q, err := r.readQueue(ctx)
	if err != nil {
		return found{}, err
	}
	now := r.link.state()
	heard := now.gen == gen && (q.Len() == before || q.Len() == now.told)
	if e, p := r.in(q); p != absent {
		return found{place: p, gen: gen}, r.adopt(ctx, e.ID)
	}
	entry, err := r.remembered(ctx)
	switch {
	case unreadable(err):
		return found{gen: gen}, fmt.Errorf("%w: %w", errHistory, err)
	case err != nil:
		return found{}, err
	case entry != nil:
		return found{place: inHistory, gen: gen, entry: entry}, r.adopt(ctx, entry.ID)
	}
	return found{place: absent, gen: gen, heard: heard}, nil
}

// in finds this attempt in ComfyUI's queue.
func (r *run) in(q comfy.Queue) (comfy.Queued, place) {
	for _, e := range q.Running {
		if r.mine(e.ID, e.Extra) {
			return e, executing
		}
	}
	for _, e := range q.Pending {
		if r.mine(e.ID, e.Extra) {
			return e, waiting
		}
	}
	return comfy.Queued{}, absent
}

// remembered is this attempt's history entry, or nil.
func (r *run) remembered(ctx context.Context) (*comfy.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	entry, err := r.comfy.History(ctx, r.prompt())
	if err != nil || entry != nil || r.link.state().version.HonoursPromptID() {
		return entry, err
	}
	recent, err := r.comfy.RecentHistory(ctx, recentHistory)
	if err != nil {
		return nil, err
	}
	for i := range recent {
		if r.mine(recent[i].ID, recent[i].Extra) {
			return &recent[i], nil
		}
	}
	return nil, nil
}

func (r *run) mine(id comfy.PromptID, extra map[string]json.RawMessage) bool {
	tag, ok := tagOf(extra)
	return id == r.prompt() || ok && tag.job == r.id() && tag.attempt == r.state.Attempt
}

// adopt takes the id that the server chose for this attempt.
func (r *run) adopt(ctx context.Context, id comfy.PromptID) error {
	if id == r.prompt() {
		return nil
	}
	if err := r.advance(ctx, r.state.Phase, func(s *job.State) { s.PromptID = string(id) }); err != nil {
		return err
	}
	r.attach(id)
	return nil
}

// tag is what a prompt of ours says about itself.
type tag struct {
	job     job.ID
	attempt int
}

// tagOf reads a prompt's extra_data; false when it is not one of ours.
func tagOf(extra map[string]json.RawMessage) (tag, bool) {
	var id string
	if json.Unmarshal(extra[extraJob], &id) != nil {
		return tag{}, false
	}
	parsed, err := job.ParseID(id)
	if err != nil {
		return tag{}, false
	}
	attempt, err := strconv.Atoi(string(extra[extraAttempt]))
	if err != nil {
		return tag{}, false
	}
	return tag{parsed, attempt}, true
}

// halt makes ComfyUI give a prompt up, wherever it is in the queue that was
// just read. False when the server is too old to stop one run without stopping
// whoever's happens to run.
func (a *active) halt(ctx context.Context, q comfy.Queue, id comfy.PromptID) (bool, error) {
	link := a.link.state()
	version, where := link.version, placeOf(q, id)
	if !link.fresh {
		// Behind a new socket may be an older server, which would stop anyone's run.
		return true, errUnlearned
	}
	if where != absent && version.CancelsJobs() {
		_, err := a.comfy.CancelJob(ctx, id)
		if !errors.Is(err, comfy.ErrUnsupported) { // a proxy may hide the route
			return true, wrap("cancel in ComfyUI", err)
		}
	}
	switch {
	case where == absent:
		return true, nil
	case where == waiting:
		return true, wrap("remove from ComfyUI's queue", a.comfy.DeleteQueued(ctx, id))
	case version.InterruptsByID():
		return true, wrap("interrupt in ComfyUI", a.comfy.Interrupt(ctx, id))
	}
	return false, nil
}

// errUnlearned is returned while nobody knows what kind of server answers.
var errUnlearned = errors.New("the server's version is not known yet")

// placeOf is where a prompt is in ComfyUI's queue.
func placeOf(q comfy.Queue, id comfy.PromptID) place {
	is := func(e comfy.Queued) bool { return e.ID == id }
	switch {
	case slices.ContainsFunc(q.Running, is):
		return executing
	case slices.ContainsFunc(q.Pending, is):
		return waiting
	}
	return absent
}

func wrap(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", operation, err)
}
