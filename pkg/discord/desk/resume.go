package desk

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/job"
)

const (
	// fetchBy bounds an order whose pictures are fetched after its answer.
	fetchBy = 20 * time.Second
	// resumeAfter is when others look whether such an order was ever placed.
	resumeAfter = fetchBy + 2*time.Second
	// resumeBy bounds what the broker may take for one that is taken over.
	resumeBy = 10 * time.Second
	// looks bounds the orders that others look after at the same time.
	looks = 256
)

// Keys of the claims on an order with pictures.
func intended(id string) string { return "i-" + id + "-p" }
func settled(id string) string  { return "i-" + id + "-e" }
func third(id string) string    { return "i-" + id + "-3" }

// intend lets the other replicas know that "thinking" is about to be shown, so
// that one of them goes on if we die.
func (v *visit) intend(ctx context.Context) { v.note(ctx, intended(v.i.ID)) }

// settle lets them know that it is over, whatever came of it.
func (v *visit) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimBy)
	defer cancel()
	v.note(ctx, settled(v.i.ID))
}

// note makes a claim that is a message to the others. Where that fails they do
// what need not be done, or leave it.
func (v *visit) note(ctx context.Context, key string) {
	if _, err := v.d.cfg.Broker.Claim(ctx, key, claimLife); err != nil {
		v.log.DebugContext(ctx, "a note to the other replicas failed", slog.Any(keyError, err))
	}
}

// watchOrder looks after an order of another replica that fetches pictures
// while its asker reads "thinking": when the time for that is over and there is
// neither a job nor an end, that replica has died, and we do it once more.
func (d *Desk) watchOrder(ctx context.Context, i api.Interaction, began time.Time) {
	pending, err := d.cfg.Broker.Claimed(ctx, intended(i.ID))
	if err != nil || !pending {
		return
	}
	select {
	case d.looks <- struct{}{}:
	default:
		d.count.busy.Add(1)
		return
	}
	d.busy.Go(func() {
		defer func() { <-d.looks }()
		if pause(d.open, resumeAfter-time.Since(began)) {
			d.resume(i)
		}
	})
}

// resume places an order that its replica has left behind.
func (d *Desk) resume(i api.Interaction) {
	ctx, cancel := context.WithTimeout(d.work, claimBy)
	defer cancel()
	if over, err := d.over(ctx, i); err != nil || over {
		return
	}
	won, err := d.cfg.Broker.Claim(ctx, third(i.ID), claimLife)
	if err != nil || !won {
		return
	}
	d.count.tookOver.Add(1)
	v := d.visit(i, time.Now())
	v.stance, v.until = deferred, time.Now().Add(resumeBy)
	v.log.WarnContext(ctx, "nobody has placed an order with pictures, taking over")
	v.serve(d.work)
}

// over reports whether an order with pictures came to an end, or became a job.
func (d *Desk) over(ctx context.Context, i api.Interaction) (bool, error) {
	if over, err := d.cfg.Broker.Claimed(ctx, settled(i.ID)); err != nil || over {
		return over, err
	}
	id := job.FromInteraction(i.ID)
	_, err := d.cfg.Broker.Last(ctx, id)
	if errors.Is(err, broker.ErrNotFound) {
		_, err = d.cfg.Broker.Pending(ctx, id)
	}
	if errors.Is(err, broker.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
