package board

import (
	"context"
	"log/slog"
	"maps"
	"strconv"
	"time"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/reply"
)

const (
	// strayFor is how long an edit may be on its way to Discord, after which it
	// is taken to be there or lost.
	strayFor = 20 * time.Second
	// traceLife is how long it is known that somebody has edited a card.
	traceLife = 4 * strayFor
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
	// A frozen replica's work comes to another one after half a minute; and clocks
	// differ.
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
// again.
func (k *keeper) lookAgain(alive context.Context) (bool, error) {
	e := k.handle.Ending
	if e.Look.IsZero() || e.Erased {
		return true, nil
	}
	if err := sleep(alive, min(time.Until(e.Look), strayFor)); err != nil {
		return false, err
	}
	same, err := k.unchanged(alive)
	if err != nil {
		return false, err
	}
	h, err := k.b.handles.Change(alive, k.id, func(h *reply.Handle) {
		if h.Ending.Look.Equal(e.Look) { // else another replica has done so
			h.Ending.Look = time.Time{}
			if !same {
				h.Ending.Done = time.Time{}
			}
		}
	})
	if err != nil {
		return false, err
	}
	k.handle = h
	if !same {
		k.b.count.repeated.Add(1)
		k.log.InfoContext(alive, "an edit has followed the end, which is shown once more")
	}
	return h.Ending.Over() && h.Ending.Look.IsZero(), nil
}

// unchanged reports whether the card is as our last edit left it, as far as
// that can be seen.
func (k *keeper) unchanged(ctx context.Context) (bool, error) {
	var p api.Posted
	var err error
	switch r := (reach{Handle: k.handle}); r.card(k.b.cfg.Now()) {
	case byToken:
		p, err = k.b.line.ReadOriginal(ctx, k.handle.Access())
	case byBot:
		p, err = k.b.line.Read(ctx, k.handle.Channel, k.handle.Card)
	default:
		return true, nil
	}
	switch api.KindOf(err) {
	case api.Down, api.Limited:
		return false, err
	}
	if err != nil {
		k.log.DebugContext(ctx, "a card could not be looked at", slog.Any(keyError, err))
		return true, nil
	}
	return p.Edited.Equal(k.handle.Ending.Edited), nil
}
