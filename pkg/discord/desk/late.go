package desk

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

// What an order's answer shows belongs to whoever has placed it, and then to the
// board: a replica that was frozen or held up would put its first card, or its
// words, over what others have shown since, its end too. So the handle says
// before such an edit that one is on its way, which makes the board look at the
// card once more after the end; and afterwards we look whether the job has ended
// meanwhile.

// errUnannounced is returned when the broker does not take that an edit is about
// to be on its way.
var errUnannounced = errors.New("the card was not sent")

// edit replaces what a deferred answer shows, unless that is not ours any more:
// then nothing was posted.
func (v *visit) edit(ctx context.Context, m api.Message) (api.Posted, error) {
	if v.asks.IsZero() {
		return v.d.cfg.Discord.EditOriginal(ctx, v.i.Access(), m)
	}
	ours, err := v.announce(ctx)
	switch {
	case err != nil && !v.insists.IsZero():
		// A board that reaches the broker shows the card, once the job has a state.
		return api.Posted{}, errors.Join(errUnannounced, err)
	case err == nil && !ours:
		v.log.InfoContext(ctx, "another replica has answered an order", slog.String(keyJob, v.asks.String()))
		return api.Posted{}, nil
	}
	p, err := v.d.cfg.Discord.EditOriginal(ctx, v.i.Access(), m)
	v.outran(ctx)
	return p, err
}

// announce notes that an edit is about to be on its way, and reports whether it
// may: words where there is no job, its card where the end is not begun.
func (v *visit) announce(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, claimBy)
	defer cancel()
	now := v.d.cfg.Now().UTC()
	h, err := v.d.handles.Change(ctx, v.asks, func(h *reply.Handle) { h.Opening = now })
	if errors.Is(err, broker.ErrNotFound) {
		return true, nil // nobody has placed it
	}
	if err != nil {
		return false, err
	}
	v.opening = now
	if e := h.Ending; e.Over() || e.InCard || len(e.Sent) > 0 {
		return false, nil
	}
	if v.insists.IsZero() {
		placed, err := v.d.placed(ctx, v.asks)
		return !placed, err
	}
	s, err := v.d.cfg.Broker.Last(ctx, v.asks)
	if errors.Is(err, broker.ErrNotFound) {
		return true, nil
	}
	return err == nil && !s.Phase.Ended(), err
}

// outran looks whether the job ended while our edit was on its way: then the end
// is shown once more. Where that is not known the board still looks.
func (v *visit) outran(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimBy)
	defer cancel()
	s, err := v.d.cfg.Broker.Last(ctx, v.asks)
	switch {
	case errors.Is(err, broker.ErrNotFound):
	case err != nil:
		v.opening = time.Time{}
	case s.Phase.Ended():
		v.opening = time.Time{}
		v.d.cfg.Board.Repeat(ctx, v.asks)
	}
}

// arrived notes in a handle that our edit is not on its way any more. Where the
// order is another replica's, one of theirs may be.
func (v *visit) arrived(h *reply.Handle) {
	if !v.resumes && !v.opening.IsZero() && h.Opening.Equal(v.opening) {
		h.Opening = time.Time{}
	}
}

// placed reports whether there is a job.
func (d *Desk) placed(ctx context.Context, id job.ID) (bool, error) {
	_, err := d.cfg.Broker.Last(ctx, id)
	if errors.Is(err, broker.ErrNotFound) {
		_, err = d.cfg.Broker.Pending(ctx, id)
	}
	if errors.Is(err, broker.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
