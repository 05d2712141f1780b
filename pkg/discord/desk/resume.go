package desk

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/job"
)

const (
	// ordersEvery is how often it is looked for what was left behind.
	ordersEvery = 3 * time.Second
	// resumeAfter is how long after its time what is kept counts as left behind.
	resumeAfter = 2 * time.Second
	// resumeBy bounds what is done about it before the task that answers.
	resumeBy = 10 * time.Second
	// resumeTries bounds how often one is begun again: it may be what the
	// replicas die of.
	resumeTries = 2
	// resumeLeft is what a token has to live for it to be worth it.
	resumeLeft = time.Minute
)

// lookAfterOrders goes on with what replicas have left behind that died, until
// ctx ends.
func (d *Desk) lookAfterOrders(ctx context.Context) {
	tick := time.NewTicker(ordersEvery)
	defer tick.Stop()
	var watched watched
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			d.resumeOrders(ctx, &watched)
		}
	}
}

func (d *Desk) resumeOrders(ctx context.Context, w *watched) {
	if !d.cfg.Board.Reachable() {
		return
	}
	began, seen := time.Now(), map[string]sighting{}
	for o, err := range d.cfg.Broker.KeptOrders(ctx) {
		if err != nil {
			d.cfg.Log.DebugContext(ctx, "the orders could not be read", slog.Any(keyError, err))
			return
		}
		if w.see(o, seen, began).older(o, d.cfg.FetchBy+resumeAfter) {
			d.guarded(ctx, d.cfg.Log.With(slog.String(keyInteraction, o.Key)), func() { d.resume(ctx, o) })
		}
	}
	w.looked, w.orders = began, seen
}

// resume does what a replica has left behind, or says that it was interrupted. Of
// several replicas one does.
func (d *Desk) resume(ctx context.Context, kept broker.KeptOrder) {
	ctx, cancel := context.WithTimeout(ctx, resumeBy)
	defer cancel()
	p, i, err := parsePromise(kept)
	if err != nil {
		d.cfg.Log.WarnContext(ctx, "what was kept makes no sense", slog.String(keyInteraction, kept.Key), slog.Any(keyError, err))
		d.dropPromise(ctx, kept.Key)
		return
	}
	if !d.awaited(ctx, i, p) {
		return
	}
	p.Tries++
	mine, err := d.keepPromise(ctx, kept.Key, p, kept.Revision)
	if err != nil {
		return // another one was faster, or will be
	}
	d.count.tookOver.Add(1)
	v := d.visit(i, time.Now())
	v.kept = mine
	v.log.WarnContext(ctx, "an interaction was left behind, going on with it", slog.Int("try", p.Tries))
	v.goOn(ctx)
}

func parsePromise(kept broker.KeptOrder) (promise, api.Interaction, error) {
	var p promise
	if err := json.Unmarshal(kept.Data, &p); err != nil {
		return p, api.Interaction{}, err
	}
	i, err := api.ParseInteraction(p.Interaction, kept.Stored)
	return p, i, err
}

// awaited reports whether the asker still waits for an answer that can be given;
// where not what is kept is dropped.
func (d *Desk) awaited(ctx context.Context, i api.Interaction, p promise) bool {
	shown, err := d.cfg.Discord.ReadOriginal(ctx, i.Access())
	switch kind := api.KindOf(err); {
	case kind == api.Unknown, kind == api.Gone, kind == api.TokenDead: // Discord itself has told them
	case err != nil:
		return false
	case p.Update || p.Partly || shown.Loading:
		if p.Job.IsZero() {
			return true
		}
		_, err = d.cfg.Broker.Last(ctx, p.Job)
		if errors.Is(err, broker.ErrNotFound) {
			return true
		}
		if err != nil {
			return false
		} // else its card is the board's
	}
	d.dropPromise(ctx, i.ID)
	return false
}

// goOn shows the card of the order's job, or does what was asked for once more.
// Where that was tried too often, too little time is left, or a part of the answer
// is shown, it says so.
func (v *visit) goOn(ctx context.Context) {
	v.stance, v.resumes, v.keeps = deferred, true, v.kept.Update || v.kept.Partly
	v.asks, v.until = v.kept.Job, time.Now().Add(resumeBy)
	defer func() {
		if !v.entrusted {
			v.settle(ctx)
		}
	}()
	if !v.asks.IsZero() {
		r, err := v.d.cfg.Broker.Pending(ctx, v.asks)
		if err == nil {
			v.acceptedBefore(ctx, r)
			return
		}
		if !errors.Is(err, broker.ErrNotFound) {
			v.unheard = true // for the next try
			return
		}
	}
	if v.kept.Partly || v.kept.Tries > resumeTries || !v.i.Access().Alive(v.d.cfg.Now().Add(resumeLeft)) {
		v.say(ctx, interrupted(v.asks))
		return
	}
	v.serve(v.d.work)
}

// acceptedBefore shows the card of a job that was published before its replica
// died.
func (v *visit) acceptedBefore(ctx context.Context, r job.Request) {
	h, err := v.d.handles.Get(ctx, r.ID)
	if err != nil {
		v.log.WarnContext(ctx, "the card of a job could not be shown", slog.String(keyJob, r.ID.String()), slog.Any(keyError, err))
		v.unheard = !errors.Is(err, broker.ErrNotFound)
		return
	}
	v.showCard(ctx, h, r)
}
