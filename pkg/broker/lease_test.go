package broker_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

func TestOneLeadsAndAStandbyTakesOverOnRelease(t *testing.T) {
	t.Parallel()
	s, _ := setUp(t)
	first := lead(t, connect(t, s, brief))
	epoch := first.Epoch()
	begun := make(chan *broker.Term)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var group sync.WaitGroup
	second := connect(t, s, func(c *broker.Config) { c.Lease = time.Minute })
	group.Go(func() {
		err := second.Lead(ctx, queue, func(ctx context.Context, term *broker.Term) error {
			select {
			case begun <- term:
			case <-ctx.Done():
			}
			<-ctx.Done()
			return nil
		})
		if err != nil {
			t.Errorf("Lead: %v", err)
		}
	})
	// The lease outlives its own length, since it is renewed.
	select {
	case <-begun:
		t.Fatal("two lead at once")
	case <-time.After(1500 * time.Millisecond):
	}
	if err := first.Held(); err != nil {
		t.Fatalf("Held: %v", err)
	}
	first.end(t)
	wantErr(t, first.Held(), broker.ErrLeaseLost)
	if term := next(t, begun, "the standby takes over"); term.Epoch() <= epoch {
		t.Errorf("epoch %d after %d", term.Epoch(), epoch)
	}
	cancel()
	group.Wait()
}

// A long lease that was given up, or that its owner's successor seizes, keeps
// nobody waiting.
func TestTakeOverAtOnce(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	long := func(c *broker.Config) { c.Lease = time.Hour }
	first := lead(t, connect(t, s, long))
	first.end(t)
	second := lead(t, connect(t, s, long)) // free
	third := lead(t, connect(t, s, func(c *broker.Config) {
		c.Lease, c.Seize = time.Hour, true
	}))
	err := second.Write(t.Context(), job.State{Job: job.NewID(), Phase: job.Queued})
	if !errors.Is(err, broker.ErrFenced) {
		t.Errorf("the former holder's write: %v", err)
	}
	wait(t, second.ctx.Done(), "the former holder's term ends")
	if third.Epoch() <= second.Epoch() || second.Epoch() <= first.Epoch() {
		t.Error("epochs do not grow")
	}
	_ = b
}

// gate blocks a Broker at chosen failpoints, as if its process were frozen.
type gate struct {
	closed atomic.Bool
	open   chan struct{}
	at     map[string]bool
	caught chan string
}

func newGate(points ...string) *gate {
	g := &gate{open: make(chan struct{}), at: make(map[string]bool), caught: make(chan string, 100)}
	for _, p := range points {
		g.at[p] = true
	}
	return g
}

func (g *gate) hook(_ context.Context, point string) {
	if !g.closed.Load() || !g.at[point] {
		return
	}
	g.caught <- point
	<-g.open
}

func (g *gate) release() {
	g.closed.Store(false)
	close(g.open)
}

func TestAFrozenHolderCanNotWriteAfterATakeOver(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	g := newGate(broker.BeforeRenew, broker.BeforeState, broker.BeforeEnd)
	frozen := lead(t, connect(t, s, func(c *broker.Config) { c.Hook, c.Lease = g.hook, time.Second }))
	id, other := job.NewID(), job.NewID()
	write(t, frozen.Term, job.State{Job: id, Phase: job.Submitted, Attempt: 1})
	g.closed.Store(true)
	results := make(chan error, 2)
	go func() { results <- frozen.Write(t.Context(), job.State{Job: id, Phase: job.Done}) }()
	go func() { results <- frozen.Write(t.Context(), job.State{Job: other, Phase: job.Running}) }()
	for range 2 { // both passed their own look at the lease
		next(t, g.caught, "the writes freeze")
	}

	successor := lead(t, connect(t, s, nil)) // when the lease has expired
	write(t, successor.Term, job.State{Job: id, Phase: job.Failed})
	g.release()
	for range 2 {
		wantErr(t, next(t, results, "the writes thaw"), broker.ErrFenced)
	}
	wait(t, frozen.ctx.Done(), "the frozen term ends")
	if cause := context.Cause(frozen.ctx); !errors.Is(cause, broker.ErrLeaseLost) {
		t.Errorf("cause %v", cause)
	}
	if last, err := b.Last(t.Context(), id); err != nil || last.Phase != job.Failed {
		t.Errorf("the record became %v, %v", last.Phase, err)
	}
	if _, err := b.Last(t.Context(), other); !errors.Is(err, broker.ErrNotFound) {
		t.Errorf("a state of the frozen holder is stored: %v", err)
	}
	wantErr(t, frozen.Write(t.Context(), job.State{Job: other, Phase: job.Running}), broker.ErrLeaseLost)
}

// A holder that can not renew in time knows it by its own clocks, without
// anybody telling it.
func TestAHolderFencesItself(t *testing.T) {
	t.Parallel()
	s, _ := setUp(t)
	g := newGate(broker.BeforeRenew)
	term := lead(t, connect(t, s, func(c *broker.Config) { c.Hook, c.Lease = g.hook, time.Second }))
	g.closed.Store(true)
	wait(t, term.ctx.Done(), "the term ends while the renewal hangs")
	wantErr(t, context.Cause(term.ctx), broker.ErrLeaseLost)
	wantErr(t, term.Write(t.Context(), job.State{Job: job.NewID(), Phase: job.Running}), broker.ErrLeaseLost)
	g.release()
}

// After a lost lease Lead waits for it again, and another term begins.
func TestLeadBeginsAnotherTerm(t *testing.T) {
	t.Parallel()
	s, _ := setUp(t)
	g := newGate(broker.BeforeRenew)
	b := connect(t, s, func(c *broker.Config) { c.Hook, c.Lease = g.hook, time.Second })
	ctx, cancel := context.WithCancel(t.Context())
	epochs := make(chan uint64, 10)
	done := make(chan error, 1)
	go func() {
		done <- b.Lead(ctx, queue, func(ctx context.Context, term *broker.Term) error {
			epochs <- term.Epoch()
			<-ctx.Done()
			return context.Cause(ctx)
		})
	}()
	first := next(t, epochs, "a term")
	g.closed.Store(true)
	next(t, g.caught, "the renewal hangs")
	time.AfterFunc(1200*time.Millisecond, g.release)
	if second := next(t, epochs, "another term"); second <= first {
		t.Errorf("epoch %d after %d", second, first)
	}
	cancel()
	if err := next(t, done, "Lead returns"); err != nil {
		t.Errorf("Lead: %v", err)
	}
}

// Being stopped between the lease and the epoch leaves nothing behind.
func TestAStopBeforeTheEpochReleasesTheLease(t *testing.T) {
	t.Parallel()
	s, _ := setUp(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first := connect(t, s, func(c *broker.Config) {
		c.Lease = time.Hour
		c.Hook = func(_ context.Context, point string) {
			if point == broker.BeforeEpoch {
				cancel()
			}
		}
	})
	err := first.Lead(ctx, queue, func(ctx context.Context, _ *broker.Term) error { return nil })
	if err != nil {
		t.Errorf("Lead: %v", err)
	}
	lead(t, connect(t, s, nil))
}

func TestLeadReturnsRunsError(t *testing.T) {
	t.Parallel()
	_, b := setUp(t)
	broken := errors.New("broken")
	err := b.Lead(t.Context(), queue, func(context.Context, *broker.Term) error { return broken })
	wantErr(t, err, broken)
}

// A fenced write that is refused while the lease is held leads to a new epoch:
// here somebody has removed the stored one.
func TestALostEpochIsWrittenAgain(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	term := lead(t, b)
	epoch := term.Epoch()
	_, js := raw(t, s)
	stream, err := js.Stream(t.Context(), "DISCOMFY_STATE")
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.DeleteMsg(t.Context(), epoch); err != nil {
		t.Fatal(err)
	}
	id := job.NewID()
	write(t, term.Term, job.State{Job: id, Phase: job.Queued})
	if term.Epoch() <= epoch || term.Held() != nil {
		t.Errorf("epoch %d after %d, held: %v", term.Epoch(), epoch, term.Held())
	}
	if last, err := b.Last(t.Context(), id); err != nil || last.Epoch != term.Epoch() {
		t.Errorf("the state carries epoch %d: %v", last.Epoch, err)
	}
}
