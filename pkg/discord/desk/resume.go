package desk

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/job"
)

const (
	// ordersEvery is how often it is looked for orders that were left behind.
	ordersEvery = 3 * time.Second
	// resumeAfter is how long after its time an order counts as left behind.
	resumeAfter = 2 * time.Second
	// resumeBy bounds what is done about one before its pictures are fetched.
	resumeBy = 10 * time.Second
	// resumeTries bounds how often one is begun again: it may be what the
	// replicas die of.
	resumeTries = 2
	// resumeLeft is what a token has to live for an order to be worth it.
	resumeLeft = time.Minute
	// maxOrder bounds the interaction that is kept, in bytes. Discord's are
	// some kilobytes.
	maxOrder = 512 << 10
)

// keptOrder is an order whose asker reads "thinking" while its pictures are
// fetched: all that another replica needs to go on, also one that begins later.
// It is kept before that is shown, and dropped after its answer. Its JSON form
// holds the interaction's token.
type keptOrder struct {
	Job         job.ID          `json:"job"` // that it becomes
	Interaction json.RawMessage `json:"interaction"`
	Update      bool            `json:"update,omitempty"` // the answer is the message that was clicked: nothing reads "thinking"
	Tries       int             `json:"tries,omitempty"`  // by others
}

// keepOrder keeps the order that is about to be placed. Where that fails nobody
// goes on when we die.
func (v *visit) keepOrder(ctx context.Context, id job.ID) {
	v.keepsOrder = true
	if v.resumes {
		return
	}
	err := errors.New("it is too large")
	if len(v.i.Raw) <= maxOrder {
		o := keptOrder{Job: id, Interaction: v.i.Raw, Update: v.stance == updating}
		err = v.d.putOrder(ctx, v.i.ID, o, broker.AnyRevision)
	}
	if err != nil {
		v.log.WarnContext(ctx, "an order could not be kept for the other replicas", slog.Any(keyError, err))
	}
}

func (d *Desk) putOrder(ctx context.Context, key string, o keptOrder, was broker.Revision) error {
	data, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return d.cfg.Broker.KeepOrder(ctx, key, data, was)
}

// settle ends that the order is kept, whatever came of it, unless its asker may
// still read "thinking". Where that fails others see that it was answered.
func (v *visit) settle(ctx context.Context) {
	if !v.unheard {
		v.d.dropOrder(ctx, v.i.ID)
	}
}

func (d *Desk) dropOrder(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimBy)
	defer cancel()
	if err := d.cfg.Broker.DropOrder(ctx, key); err != nil {
		d.cfg.Log.DebugContext(ctx, "an order could not be dropped", slog.String(keyInteraction, key), slog.Any(keyError, err))
	}
}

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

// resume ends an order that its replica has left behind: by its card, or by
// words. Of several replicas one does.
func (d *Desk) resume(ctx context.Context, kept broker.KeptOrder) {
	ctx, cancel := context.WithTimeout(ctx, resumeBy)
	defer cancel()
	o, i, err := parseOrder(kept)
	if err != nil {
		d.cfg.Log.WarnContext(ctx, "a kept order makes no sense", slog.String(keyInteraction, kept.Key), slog.Any(keyError, err))
		d.dropOrder(ctx, kept.Key)
		return
	}
	if !d.awaited(ctx, i, o) {
		return
	}
	if o.Tries++; d.putOrder(ctx, kept.Key, o, kept.Revision) != nil {
		return // another one was faster, or will be
	}
	d.count.tookOver.Add(1)
	v := d.visit(i, time.Now())
	v.log.WarnContext(ctx, "an order was left behind, going on with it", slog.Int("try", o.Tries))
	v.goOn(ctx, o)
}

func parseOrder(kept broker.KeptOrder) (keptOrder, api.Interaction, error) {
	var o keptOrder
	if err := json.Unmarshal(kept.Data, &o); err != nil {
		return o, api.Interaction{}, err
	}
	i, err := api.ParseInteraction(o.Interaction, kept.Stored)
	return o, i, err
}

// awaited reports whether the asker still waits for an answer that can be given;
// where not the order is dropped.
func (d *Desk) awaited(ctx context.Context, i api.Interaction, o keptOrder) bool {
	shown, err := d.cfg.Discord.ReadOriginal(ctx, i.Access())
	switch kind := api.KindOf(err); {
	case kind == api.Unknown, kind == api.Gone, kind == api.TokenDead: // Discord itself has told them
	case err != nil:
		return false
	case o.Update || shown.Loading:
		_, err = d.cfg.Broker.Last(ctx, o.Job)
		if errors.Is(err, broker.ErrNotFound) {
			return true
		}
		if err != nil {
			return false
		} // else its card is the board's
	}
	d.dropOrder(ctx, i.ID)
	return false
}

// goOn shows the card of the order's job, or places the order. Where that was
// tried too often, or too little time is left, it says that nothing was ordered.
func (v *visit) goOn(ctx context.Context, o keptOrder) {
	v.stance, v.resumes, v.asks, v.until = deferred, true, o.Job, time.Now().Add(resumeBy)
	defer func() {
		if !v.keepsOrder {
			v.settle(ctx)
		}
	}()
	r, err := v.d.cfg.Broker.Pending(ctx, o.Job)
	if err == nil {
		v.acceptedBefore(ctx, r)
		return
	}
	if !errors.Is(err, broker.ErrNotFound) {
		v.keepsOrder = true // for the next try
		return
	}
	if o.Tries > resumeTries || !v.i.Access().Alive(v.d.cfg.Now().Add(resumeLeft)) {
		v.keeps = o.Update
		v.say(ctx, card.Interrupted())
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
