package board

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

const (
	// barred is the pause after Discord said that we may not.
	barred = 5 * time.Minute
	// faulty is the pause after it said that our request makes no sense.
	faulty = time.Minute
	// unauthorized is the pause after it did not take the bot's token.
	unauthorized = 30 * time.Second
)

// refused draws the conclusions from an edit that Discord did not take, and
// returns when to look again. The news is still to be told.
func (k *keeper) refused(ctx context.Context, err error, n news, byBot bool) time.Duration {
	k.b.count.refusals.Add(1)
	k.again(n)
	k.log.DebugContext(ctx, "an edit was refused", slog.Any(keyError, err))
	wait := time.Duration(0)
	switch kind := api.KindOf(err); kind {
	case api.TokenDead:
		k.handle.TokenDies = time.Time{}
	case api.Unknown:
		k.unknown(ctx)
	case api.Gone:
		k.handle = k.change(ctx, func(h *reply.Handle) { h.Gone = true })
	case api.AutoMod:
		k.handle = k.change(ctx, func(h *reply.Handle) { h.Wordless = true })
	case api.TooLarge:
		k.plain = true
	case api.Limited, api.OldEdits:
		wait = limited(err)
		if byBot {
			k.b.rest(k.handle, kind, wait)
		}
	case api.NoAccess, api.Archived:
		wait = barred
	case api.Unauthorized:
		wait = unauthorized
	case api.Invalid:
		wait = faulty
		k.log.ErrorContext(ctx, "Discord does not understand an edit", slog.Any(keyError, err))
	default:
		k.traces.lost = time.Now() // it may have arrived, or arrive yet
		k.outran(ctx)
	}
	k.tempo.failed(time.Now(), wait)
	return 0
}

// limited is how long Discord asks to be left alone.
func limited(err error) time.Duration {
	if e, ok := errors.AsType[*api.Error](err); ok && e.RetryAfter > 0 {
		return e.RetryAfter
	}
	return 2 * time.Second
}

// rest leaves the channel alone for a time.
func (b *Board) rest(h reply.Handle, kind api.Kind, d time.Duration) {
	if kind == api.OldEdits {
		b.budget.pause(oldSlots, h.Channel, d)
		return
	}
	b.budget.pause(editSlots, h.Channel, d)
}

// unknown is that Discord does not know the token: not yet, not any more, or,
// where the interaction was never answered, not at all.
func (k *keeper) unknown(ctx context.Context) {
	if k.b.cfg.Now().Sub(k.handle.Asked) < settles {
		return
	}
	if k.handle.Card != "" {
		k.handle.TokenDies = time.Time{}
		return
	}
	k.handle = k.change(ctx, func(h *reply.Handle) {
		if h.Card == "" {
			h.Lost = true
		}
	})
	if k.handle.Lost {
		k.b.Withdraw(ctx, k.handle)
	}
}

// Withdraw cancels a job whose card could not be made, while it waits. One that
// runs goes on: its result can be shown elsewhere.
func (b *Board) Withdraw(ctx context.Context, h reply.Handle) {
	s, err := b.cfg.Broker.LastStored(ctx, h.Job)
	if err == nil && s.Phase != job.Queued {
		return
	}
	user, err := job.NewUser("discord", h.Asker)
	if err != nil {
		return
	}
	_, err = b.cfg.Broker.Cancel(ctx, b.cfg.Queue, h.Job, string(user))
	b.cfg.Log.InfoContext(ctx, "a job is cancelled because Discord took no answer", slog.String(keyJob, h.Job.String()), slog.Any(keyError, err))
}

// change edits the stored handle; where the broker does not take it, only ours.
func (k *keeper) change(ctx context.Context, edit func(h *reply.Handle)) reply.Handle {
	h, err := k.b.handles.Change(ctx, k.id, edit)
	if err != nil {
		k.log.WarnContext(ctx, "the reply handle could not be changed", slog.Any(keyError, err))
		h = k.handle
		edit(&h)
	}
	return h
}
