package board

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"strconv"
	"time"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/reply"
)

const (
	// strayFor is how long an edit may be on its way to Discord, after which it
	// is taken to be there or lost.
	strayFor = 20 * time.Second
	// traceLife is how long it is known that somebody has edited a card, which is
	// as long as a claim can last (broker.LongestClaim). Needed are fifty seconds:
	// who left a trace edits for strayFor without another one, each edit is sent
	// within half of strayFor, and is then on its way for strayFor.
	traceLife = 3 * strayFor
	// lookLife is how long one replica's look keeps the others from theirs.
	lookLife = 4 * time.Second
)

// traces are what a replica leaves behind for those who show the end: an edit
// can not be called back, and one that is on its way when its sender dies may
// arrive after the end. Every strayFor a replica that edits a card claims it;
// who is not the first claims that there are several.
type traces struct {
	last int64          // the period of our last claim
	own  map[int64]bool // the periods in which we were the first
	lost time.Time      // when the fate of an edit of ours was last unknown
}

// period numbers the time by strayFor.
func period(at time.Time) int64 { return at.Unix() / int64(strayFor/time.Second) }

func (k *keeper) first(p int64) string   { return "t-" + k.id.String() + "-" + strconv.FormatInt(p, 10) }
func (k *keeper) further(p int64) string { return k.first(p) + "-2" }

// trace notes that we are about to edit the card. Where that is new the state is
// looked at after it: who showed the end before could not know of us.
func (k *keeper) trace(ctx context.Context, now time.Time) error {
	p := period(now)
	if k.traces.last == p {
		return nil
	}
	won, err := k.b.cfg.Broker.Claim(ctx, k.first(p), traceLife)
	if err == nil && !won {
		_, err = k.b.cfg.Broker.Claim(ctx, k.further(p), traceLife)
	}
	if err != nil {
		return err
	}
	k.traces.last = p
	maps.DeleteFunc(k.traces.own, func(old int64, _ bool) bool { return old < p-3 })
	if k.traces.own == nil {
		k.traces.own = map[int64]bool{}
	}
	k.traces.own[p] = won
	return k.catchUp(ctx)
}

// suspicion is when the card is to be looked at once more; zero where nobody
// else has edited it of late, and we know what became of our edits.
func (k *keeper) suspicion(ctx context.Context) (time.Time, error) {
	now := time.Now()
	later := now.Add(strayFor).UTC()
	if now.Sub(k.traces.lost) < strayFor {
		return later, nil
	}
	// An edit that may still be on its way had its turn at most half a minute ago,
	// which is also when a frozen replica's work comes to another one: two periods
	// back, if the replicas' clocks differ by ten seconds at most.
	for p := period(now) - 2; p <= period(now)+1; p++ {
		key := k.first(p)
		if k.traces.own[p] {
			key = k.further(p)
		}
		traced, err := k.b.cfg.Broker.Claimed(ctx, key)
		if err != nil {
			return time.Time{}, err
		}
		if traced {
			return later, nil
		}
	}
	return time.Time{}, nil
}

// lookAgain looks at the card once more where that is due, and reports whether
// it still shows what we made of it. Where it does not, the end is to be shown
// again. Of several replicas that wait for the moment one looks; the others hear
// of it from the handle.
func (k *keeper) lookAgain(alive context.Context) (bool, error) {
	e := k.handle.Ending
	if e.Look.IsZero() || e.Erased {
		return true, nil
	}
	if err := sleep(alive, min(time.Until(e.Look), strayFor)); err != nil {
		return false, err
	}
	ours, err := k.mayLook(alive, e.Look)
	if err != nil {
		return false, err
	}
	if ours {
		err = k.compare(alive, e.Look)
	}
	e = k.handle.Ending
	return err == nil && e.Over() && e.Look.IsZero(), err
}

// mayLook reports whether it is us who looks at the card, and returns when
// either that is so or somebody else has done it.
func (k *keeper) mayLook(ctx context.Context, due time.Time) (bool, error) {
	for {
		won, err := k.b.cfg.Broker.Claim(ctx, "l-"+k.id.String(), lookLife)
		if err != nil {
			return false, err
		}
		if err := k.refresh(ctx); err != nil {
			return false, err
		}
		if !k.handle.Ending.Look.Equal(due) || won {
			return won && k.handle.Ending.Look.Equal(due), nil
		}
		if err := sleep(ctx, lookLife/4+rand.N(lookLife/4)); err != nil {
			return false, err
		}
	}
}

// compare looks, and stores what it means.
func (k *keeper) compare(ctx context.Context, due time.Time) error {
	same, err := k.unchanged(ctx)
	if err != nil {
		return err
	}
	h, err := k.b.handles.Change(ctx, k.id, func(h *reply.Handle) {
		if h.Ending.Look.Equal(due) { // else another replica was faster than our claim
			h.Ending.Look = time.Time{}
			if !same {
				h.Ending.Done = time.Time{}
			}
		}
	})
	if err != nil {
		return err
	}
	k.handle = h
	if !same {
		k.b.count.repeated.Add(1)
		k.log.InfoContext(ctx, "an edit has followed the end, which is shown once more")
	}
	return nil
}

// unchanged reports whether the card is as our last edit left it, as far as
// that can be seen.
func (k *keeper) unchanged(ctx context.Context) (bool, error) {
	p, seen, err := k.readCard(ctx)
	return err == nil && (!seen || p.Edited.Equal(k.handle.Ending.Edited)), err
}

// readCard is the card as Discord has it; false where that can not be seen.
func (k *keeper) readCard(ctx context.Context) (p api.Posted, seen bool, err error) {
	switch r := (reach{Handle: k.handle}); r.card(k.b.cfg.Now()) {
	case byToken:
		p, err = k.b.line.ReadOriginal(ctx, k.handle.Access())
	case byBot:
		if err := k.b.budget.take(ctx, readSlots, k.handle.Channel, true); err != nil {
			return p, false, err
		}
		p, err = k.b.line.Read(ctx, k.handle.Channel, k.handle.Card)
	default:
		return p, false, nil
	}
	switch api.KindOf(err) {
	case api.Down, api.Limited:
		return p, false, err
	}
	if err != nil {
		k.log.DebugContext(ctx, "a card could not be looked at", slog.Any(keyError, err))
		return p, false, nil
	}
	return p, true, nil
}
