package board

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

// outrunFor is how long the end of another replica is waited for.
const outrunFor = time.Minute

// outran looks whether the job ended while the edit was on its way: somebody
// else may have shown the end before it arrived.
func (k *keeper) outran(ctx context.Context) {
	if err := k.catchUp(ctx); err != nil {
		k.outrun = time.Now() // it is not known
		return
	}
	if f, _ := k.look(); f.ended() && !k.owesEnd() {
		k.outrun = time.Now()
	}
}

// overtaken waits until the end comes to us, or was shown by somebody else, in
// which case it is shown once more.
func (k *keeper) overtaken(ctx context.Context) time.Duration {
	if err := k.catchUp(ctx); err != nil {
		return readAgain
	}
	f, _ := k.look()
	since := time.Since(k.outrun)
	if !f.ended() || since > outrunFor {
		k.outrun = time.Time{}
		if f.ended() && !k.handle.Ending.Parked {
			k.summon() // nobody may be about to show it: it is not known what became of a change
		}
		return 0
	}
	if since < 2*beatEvery {
		return beatEvery
	}
	if err := k.refresh(ctx); err != nil {
		return readAgain
	}
	if !k.handle.Ending.Done.IsZero() {
		k.outrun = time.Time{}
		k.log.InfoContext(ctx, "an edit may have followed the end, which is shown once more")
		k.b.count.repeated.Add(1)
		k.anew(ctx)
		return 0
	}
	return beatEvery
}

// Repeat shows the end of a job once more where it was shown: an edit that is not
// the board's has followed it. Where it is about to be shown the handle says so.
func (b *Board) Repeat(ctx context.Context, id job.ID) {
	over := false // also where the answer to the change was lost
	for {
		_, err := b.handles.Change(ctx, id, func(h *reply.Handle) {
			if h.Ending.Over() && !h.Ending.Erased {
				h.Ending.Done, over = time.Time{}, true
			}
		})
		if err == nil {
			break
		}
		if errors.Is(err, broker.ErrNotFound) || sleep(ctx, readAgain) != nil {
			b.cfg.Log.WarnContext(ctx, "an end may not be shown once more", slog.String(keyJob, id.String()), slog.Any(keyError, err))
			break
		}
	}
	if over {
		b.count.repeated.Add(1)
		b.Show(id)
	}
}

// anew lets the end be shown once more in the card. What is in other messages
// stays there.
func (k *keeper) anew(ctx context.Context) {
	h, err := k.b.handles.Change(ctx, k.id, func(h *reply.Handle) { h.Ending.Done = time.Time{} })
	if err != nil {
		k.outrun = time.Now()
		return
	}
	k.handle = h
	k.summon()
}
