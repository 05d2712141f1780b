package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"discomfy/pkg/job"
)

const (
	// pollLease is how often a standby looks at the lease.
	pollLease = 200 * time.Millisecond
	// releaseWithin bounds the parting message of a term.
	releaseWithin = 2 * time.Second
)

// errTermOver is the cause with which a term's context ends when run returned.
var errTermOver = errors.New("the term is over")

// Lead waits until this process holds the lease of queue q, and then calls run
// with the term that begins. The context of run ends, with the cause
// ErrLeaseLost, when the lease is lost; when run has returned, Lead waits for
// the lease again. Lead returns nil when ctx has ended and run has returned,
// and run's error when it returned one by itself; in both cases the lease is
// given up, so that a standby takes over at once.
func (b *Broker) Lead(ctx context.Context, q job.Queue, run func(ctx context.Context, t *Term) error) error {
	if _, err := job.ParseQueue(string(q)); err != nil {
		return fmt.Errorf("lead: %w", err)
	}
	l := b.newLease(q)
	seize := b.cfg.Seize
	for {
		if err := l.wait(ctx, seize); err != nil {
			return ended(ctx, fmt.Errorf("lead queue %s: %w", q, err))
		}
		seize = false
		err := b.term(ctx, l, run)
		if ctx.Err() != nil || !errors.Is(err, ErrLeaseLost) {
			return ended(ctx, err)
		}
		b.count.lost.Add(1)
		b.cfg.Log.WarnContext(ctx, "lost the lease, waiting for it again", keyQueue, q)
	}
}

// ended is the error of a Lead that returns: being asked to stop is none.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, context.Cause(ctx)) || errors.Is(err, ctx.Err()) ||
		errors.Is(err, ErrLeaseLost) || errors.Is(err, ErrFenced)) {
		return nil
	}
	return err
}

// wait returns when the lease is ours, or ctx has ended, or waiting is in
// vain.
func (l *lease) wait(ctx context.Context, seize bool) error {
	poll := time.NewTicker(pollLease)
	defer poll.Stop()
	complain := rate.Sometimes{First: 1, Interval: 30 * time.Second}
	said := false
	for {
		ours, err := l.acquire(ctx, seize)
		switch {
		case ours && err == nil:
			return nil
		case errors.Is(err, ErrNotSetUp):
			return err
		case err != nil && ctx.Err() == nil:
			complain.Do(func() { l.b.cfg.Log.WarnContext(ctx, "can not look at the lease", keyQueue, l.queue, keyError, err) })
		case err == nil && !said:
			said = true
			l.b.cfg.Log.InfoContext(ctx, "standing by: another bridge holds the lease", keyQueue, l.queue)
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// term runs one term from its epoch to its release.
func (b *Broker) term(ctx context.Context, l *lease, run func(context.Context, *Term) error) error {
	defer b.release(ctx, l)
	epoch, err := l.newEpoch(ctx)
	if err != nil {
		return fmt.Errorf("begin the term: %w", err)
	}
	runCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(errTermOver)
	t := newTerm(b, l, epoch, runCtx.Done(), cancel)
	b.count.terms.Add(1)
	b.cfg.Log.InfoContext(ctx, "this bridge is active", keyQueue, l.queue, keyEpoch, epoch)

	// The lease is renewed until run has returned, also while it shuts down.
	renewCtx, stopRenewing := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRenewing()
	var service errgroup.Group
	service.Go(func() error { t.renew(renewCtx); return nil })
	service.Go(func() error { t.live.run(renewCtx); return nil })
	service.Go(func() error { t.pull(runCtx); return nil })
	err = run(runCtx, t)
	if lost := t.Held(); lost != nil || errors.Is(context.Cause(runCtx), ErrLeaseLost) {
		err = errors.Join(ErrLeaseLost, err)
	}
	cancel(errTermOver)
	stopRenewing()
	_ = service.Wait()
	return err
}

func (b *Broker) release(ctx context.Context, l *lease) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseWithin)
	defer cancel()
	if err := l.release(ctx); err != nil {
		b.cfg.Log.WarnContext(ctx, "could not give up the lease; it will expire", keyQueue, l.queue, keyError, err)
	}
}
