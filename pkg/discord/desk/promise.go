package desk

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/job"
)

// maxPromise bounds the interaction that is kept, in bytes. Discord's are some
// kilobytes.
const maxPromise = 512 << 10

// promise is an interaction that was answered "thinking", or a click that was
// answered without a change: all that another replica needs to do what was asked
// for, also one that begins later. It is kept before that answer, told anew while
// somebody works on it, and dropped when it was done. Its JSON form holds the
// interaction's token.
type promise struct {
	Job         job.ID          `json:"job,omitzero"` // that it becomes; zero where nothing is ordered
	Interaction json.RawMessage `json:"interaction"`
	Update      bool            `json:"update,omitempty"` // the answer is the message that was clicked: nothing reads "thinking"
	Partly      bool            `json:"partly,omitempty"` // its first files are shown: nothing reads "thinking", and others are missing
	Tries       int             `json:"tries,omitempty"`  // by others
}

// errUnkept is returned when nothing was promised, because nobody would keep it
// if we died, and that was said.
var errUnkept = errors.New("the promise of an answer could not be kept for the other replicas")

// promise answers that the answer comes later, which others give if we die. An
// answer that nobody else would give is not promised.
func (v *visit) promise(ctx context.Context, id job.ID, quiet bool) error {
	hurry, cancel := v.hurry(ctx)
	defer cancel()
	if err := v.keepPromise(hurry, id); err != nil {
		if v.stance == fresh {
			v.kept = nil // another replica may have promised the same: it is not ours to end
			v.unreachable(ctx, err)
			return errors.Join(errUnkept, err)
		}
		v.log.WarnContext(ctx, "what was clicked could not be kept for the other replicas", slog.Any(keyError, err))
	}
	return v.hold(ctx, quiet)
}

// keepPromise keeps what is promised next. One that is too large is nobody
// else's.
func (v *visit) keepPromise(ctx context.Context, id job.ID) (err error) {
	if v.kept != nil || len(v.i.Raw) > maxPromise {
		return nil
	}
	v.kept, err = v.d.keepPromise(ctx, v.i.ID, promise{Job: id, Interaction: v.i.Raw, Update: v.stance == updating}, broker.AnyRevision)
	return err
}

// kept is a promise that we keep for the others.
type kept struct {
	promise
	notes Notes
	key   string

	mu       sync.Mutex
	revision broker.Revision // zero where it is not known
}

func (d *Desk) keepPromise(ctx context.Context, key string, p promise, was broker.Revision) (*kept, error) {
	k := &kept{promise: p, notes: d.cfg.Broker, key: key}
	return k, k.put(ctx, was)
}

func (k *kept) put(ctx context.Context, was broker.Revision) error {
	data, err := json.Marshal(k.promise)
	if err != nil {
		return err
	}
	revision, err := k.notes.KeepOrder(ctx, k.key, data, was)
	if err == nil {
		k.revision = revision
	}
	return err
}

// known reports whether the others know of it for sure.
func (k *kept) known() bool {
	if k == nil {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.revision != 0
}

// ours tells the others that we still work on it, and reports whether that is so:
// while we were frozen another one may have taken it over.
func (k *kept) ours(ctx context.Context) bool {
	if !k.known() {
		return true
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimBy)
	defer cancel()
	k.mu.Lock()
	defer k.mu.Unlock()
	return !errors.Is(k.put(ctx, k.revision), broker.ErrConflict)
}

// begun tells the others that a part of the answer is shown.
func (k *kept) begun(ctx context.Context) {
	if !k.known() {
		return
	}
	k.mu.Lock()
	k.Partly = true
	k.mu.Unlock()
	k.ours(ctx)
}

// stayAtIt lets the other replicas know that we still work on what is kept, until
// stop is called.
func (v *visit) stayAtIt(ctx context.Context) (stop func()) {
	k := v.kept
	if !k.known() {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(v.d.cfg.FetchBy / 2)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if !k.ours(ctx) {
					return
				}
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// leaves reports whether we end, so that another replica gives the answer.
func (v *visit) leaves() bool { return v.kept.known() && v.d.work.Err() != nil }

// passes reports whether another replica gives the answer in place of us: we end,
// or it has taken over while we were frozen.
func (v *visit) passes(ctx context.Context) bool {
	if !v.leaves() && (v.stance != deferred || v.kept.ours(ctx)) {
		return false
	}
	v.log.WarnContext(ctx, "another replica answers an interaction in place of us")
	v.unheard = true
	return true
}

// settle ends that something is kept, whatever came of it, unless its asker may
// still wait. Where that fails others see that it was answered, or do it again.
func (v *visit) settle(ctx context.Context) {
	if v.kept == nil || v.unheard {
		return
	}
	v.kept = nil
	v.d.dropPromise(ctx, v.i.ID)
}

func (d *Desk) dropPromise(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimBy)
	defer cancel()
	if err := d.cfg.Broker.DropOrder(ctx, key); err != nil {
		d.cfg.Log.DebugContext(ctx, "what was kept could not be dropped", slog.String(keyInteraction, key), slog.Any(keyError, err))
	}
}

// interrupted says that nothing more becomes of what was promised.
func interrupted(order job.ID) api.Message {
	if order.IsZero() {
		return card.Said("The bot was restarted while it worked on this. Please ask again")
	}
	return card.Interrupted()
}
