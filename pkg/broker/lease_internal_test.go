package broker

import (
	"context"
	"errors"
	"testing"
	"time"

	"discomfy/pkg/broker/embedded/embeddedtest"
	"discomfy/pkg/job"
)

func testBroker(t *testing.T) *Broker {
	t.Helper()
	s := embeddedtest.Start(t)
	b, err := Connect(t.Context(), Config{URL: s.ClientURL(), Lease: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if err := b.Init(t.Context(), InitConfig{ResultsBytes: 1 << 20, InputsBytes: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	return b
}

func acquire(t *testing.T, l *lease) {
	t.Helper()
	if ours, err := l.acquire(t.Context(), false); !ours || err != nil {
		t.Fatalf("acquire: %v, %v", ours, err)
	}
}

// A renewal that was stored but whose answer was lost leaves the holder with
// an old sequence: it is refused, looks, and finds itself.
func TestAHolderFindsItselfAfterALostAnswer(t *testing.T) {
	t.Parallel()
	b := testBroker(t)
	for name, act := range map[string]func(*lease) error{
		"renew": func(l *lease) error { return l.renew(t.Context()) },
		"epoch": func(l *lease) error { _, err := l.newEpoch(t.Context()); return err },
	} {
		l := b.newLease(job.Queue(name))
		acquire(t, l)
		twin := b.newLease(l.queue) // sends what the holder sent
		twin.nonce = l.nonce
		acquire(t, twin)
		if err := act(l); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if l.seq < twin.seq {
			t.Errorf("%s: the holder knows sequence %d, want %d", name, l.seq, twin.seq)
		}
	}
}

func TestAnothersLeaseIsLost(t *testing.T) {
	t.Parallel()
	b := testBroker(t)
	for name, act := range map[string]func(*lease) error{
		"renew": func(l *lease) error { return l.renew(t.Context()) },
		"epoch": func(l *lease) error { _, err := l.newEpoch(t.Context()); return err },
	} {
		l, other := b.newLease(job.Queue(name)), b.newLease(job.Queue(name))
		acquire(t, l)
		if ours, err := other.acquire(t.Context(), false); ours || err != nil {
			t.Fatalf("%s: a held lease was taken: %v, %v", name, ours, err)
		}
		if ours, err := other.acquire(context.Background(), true); !ours || err != nil {
			t.Fatalf("%s: seize: %v, %v", name, ours, err)
		}
		if err := act(l); !errors.Is(err, ErrLeaseLost) {
			t.Errorf("%s: %v", name, err)
		}
		if err := l.held(); !errors.Is(err, ErrLeaseLost) {
			t.Errorf("%s: still held", name)
		}
		if err := l.release(t.Context()); err != nil {
			t.Errorf("%s: release of a lost lease: %v", name, err)
		}
		if _, v, err := other.read(t.Context()); err != nil || v.Nonce != other.nonce || v.State != leaseHeld {
			t.Errorf("%s: the loser changed the lease: %+v, %v", name, v, err)
		}
	}
}
