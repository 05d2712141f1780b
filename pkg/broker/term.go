package broker

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"discomfy/pkg/job"
)

// Term is the time during which this process is the active bridge of a queue.
// Only a Term can take jobs, write states and publish progress. Its methods
// may be called concurrently; after its end they return ErrLeaseLost or
// ErrFenced and write nothing.
type Term struct {
	b     *Broker
	queue job.Queue
	lease *lease
	lose  context.CancelCauseFunc // ends the context of run
	over  <-chan struct{}         // closed when that context has ended

	epoch   atomic.Uint64
	renewal sync.Mutex // one new epoch at a time

	held       *holdings
	deliveries chan Delivery
	foreign    rate.Sometimes
	live       *live
}

func newTerm(b *Broker, l *lease, epoch uint64, over <-chan struct{}, lose context.CancelCauseFunc) *Term {
	t := &Term{
		b: b, queue: l.queue, lease: l, over: over, lose: lose,
		held:       newHoldings(),
		deliveries: make(chan Delivery, deliveryBuffer),
		foreign:    rate.Sometimes{First: 10, Interval: time.Minute},
		live:       newLive(b, l.held),
	}
	t.epoch.Store(epoch)
	return t
}

// Queue is the queue that the term serves.
func (t *Term) Queue() job.Queue { return t.queue }

// Epoch is the term's fencing token. It grows when a new one had to be
// written.
func (t *Term) Epoch() uint64 { return t.epoch.Load() }

// Held is nil while the lease is certainly ours, by the monotonic and by the
// wall clock, and ErrLeaseLost from then on.
func (t *Term) Held() error { return t.lease.held() }

// renew prolongs the lease at a third of its life until ctx ends, and ends the
// term when it is lost.
func (t *Term) renew(ctx context.Context) {
	complain := rate.Sometimes{First: 1, Interval: 5 * time.Second}
	pause := t.lease.life / 3
	for {
		// A stalled renewal must not keep the term alive beyond its lease.
		end := time.AfterFunc(t.lease.remaining(), t.expire)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			end.Stop()
			return
		}
		err := t.lease.renew(ctx)
		end.Stop()
		switch {
		case err == nil:
			pause = t.lease.life / 3
			continue
		case ctx.Err() != nil:
			return
		case errors.Is(err, ErrLeaseLost):
			t.lose(ErrLeaseLost)
			return
		}
		complain.Do(func() {
			t.b.cfg.Log.WarnContext(ctx, "could not renew the lease, trying again", keyQueue, t.queue, keyError, err)
		})
		pause = t.lease.life / 12
	}
}

// expire ends the term if its lease is over by now.
func (t *Term) expire() {
	if t.Held() != nil {
		t.lose(ErrLeaseLost)
	}
}

// refence writes a new epoch after a write with the given one was refused
// although the lease is held: the stored epoch is gone or not ours. When
// another goroutine has done so already, nothing is left to do.
func (t *Term) refence(ctx context.Context, stale uint64) error {
	t.renewal.Lock()
	defer t.renewal.Unlock()
	if t.Epoch() != stale {
		return nil
	}
	t.b.count.fenced.Add(1)
	epoch, err := t.lease.newEpoch(ctx)
	if err != nil {
		if errors.Is(err, ErrLeaseLost) {
			t.lose(ErrLeaseLost)
			return errors.Join(ErrFenced, err)
		}
		return err
	}
	t.b.cfg.Log.WarnContext(ctx, "wrote a new epoch: the stored one was not ours", keyQueue, t.queue, keyEpoch, epoch)
	t.epoch.Store(epoch)
	return nil
}
