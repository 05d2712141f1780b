package board

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"discomfy/pkg/discord/reply"
)

const (
	// leaseLife is how long a replica that has died keeps the others from the
	// delivery of an end.
	leaseLife = 20 * time.Second
	// leaseEvery is how often who delivers says that it still does.
	leaseEvery = 5 * time.Second
)

// errLease is returned when another replica has taken over a delivery.
var errLease = errors.New("another replica delivers the end")

// seize waits until it is us who delivers the end; false where somebody else
// has done it meanwhile. Clicks and redeliveries bring an end to several
// replicas at once, and not everything can be sent twice unnoticed.
func (k *keeper) seize(alive context.Context) (bool, error) {
	for {
		ours := false
		h, err := k.b.handles.Change(alive, k.id, func(h *reply.Handle) {
			ours = !h.Ending.Over() && h.Ending.Seize(k.b.name, time.Now(), leaseLife)
		})
		if err != nil {
			return false, err
		}
		k.handle = h
		if ours || h.Ending.Over() {
			return ours, nil
		}
		if err := sleep(alive, beatEvery); err != nil {
			return false, err
		}
	}
}

// leased does what only one replica may do at a time. It ends when another one
// has taken over because we could not say for long that we are at it.
func (k *keeper) leased(alive, work context.Context, what func(alive context.Context) error) error {
	during, end := context.WithCancelCause(alive)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for sleep(during, leaseEvery) == nil {
			if !k.extend(work) {
				end(errLease)
			}
		}
	}()
	defer func() { end(nil); <-stopped }()
	err := what(during)
	if err != nil {
		k.release(work)
	}
	return err
}

// extend reports whether the delivery is still ours, as far as is known.
func (k *keeper) extend(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, leaseEvery)
	defer cancel()
	ours := true
	_, err := k.b.handles.Change(ctx, k.id, func(h *reply.Handle) { ours = h.Ending.Seize(k.b.name, time.Now(), leaseLife) })
	if err != nil {
		k.log.DebugContext(ctx, "a delivery's lease could not be extended", slog.Any(keyError, err))
	}
	return ours
}

// release lets others deliver at once.
func (k *keeper) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, leaseEvery)
	defer cancel()
	h, err := k.b.handles.Change(ctx, k.id, func(h *reply.Handle) { h.Ending.Release(k.b.name) })
	if err == nil {
		k.handle = h
	}
}
