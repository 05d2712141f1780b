package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/job"
)

// leaseValue is what discomfy.lease.<queue> holds.
type leaseValue struct {
	State  string    `json:"state"` // held or free
	Holder string    `json:"holder"`
	Nonce  string    `json:"nonce"` // of the contender, drawn at its start
	At     time.Time `json:"at"`
}

// epochValue is what discomfy.epoch.<queue> holds. Its sequence is the epoch.
type epochValue struct {
	Holder string    `json:"holder"`
	Nonce  string    `json:"nonce"`
	Lease  uint64    `json:"lease"` // sequence of the lease on which it was conditional
	At     time.Time `json:"at"`
}

const (
	leaseHeld = "held"
	leaseFree = "free"
)

// lease is one contender's view of a queue's lease. Its publishes are
// conditional on the sequence that it knows, so that it can never overwrite
// somebody else's.
type lease struct {
	b     *Broker
	queue job.Queue
	nonce string
	life  time.Duration

	mu   sync.Mutex // serialises the publishes: renewals and epochs
	seq  uint64     // of our lease message
	view sync.RWMutex
	sent instant // when the last confirmed publish was sent; zero without a lease
}

func (b *Broker) newLease(q job.Queue) *lease {
	return &lease{b: b, queue: q, nonce: uuid.NewString(), life: b.cfg.Lease}
}

// margin is given up at the end of the lease, for clocks that run at slightly
// different rates.
func (l *lease) margin() time.Duration { return l.life / 10 }

// held is nil while the lease is certainly ours: counted from the moment at
// which the last confirmed renewal was sent, by the clock that says more.
func (l *lease) held() error {
	if l.remaining() <= 0 {
		return ErrLeaseLost
	}
	return nil
}

// remaining is how long the lease is certainly ours yet.
func (l *lease) remaining() time.Duration {
	l.view.RLock()
	sent := l.sent
	l.view.RUnlock()
	if sent.wall.IsZero() {
		return 0
	}
	return l.life - l.margin() - l.b.clock.now().since(sent)
}

func (l *lease) confirm(sent instant, seq uint64) {
	l.seq = seq
	l.view.Lock()
	defer l.view.Unlock()
	l.sent = sent
}

// drop forgets the lease: from here on it is not ours.
func (l *lease) drop() {
	l.view.Lock()
	defer l.view.Unlock()
	l.sent = instant{}
}

// acquire takes the lease if it is free or absent, or in any case when seize
// is set. It reports whether it is ours now.
func (l *lease) acquire(ctx context.Context, seize bool) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seq, value, err := l.read(ctx)
	if err != nil {
		return false, err
	}
	if value.State == leaseHeld && value.Nonce != l.nonce && !seize {
		return false, nil
	}
	l.b.at(ctx, BeforeAcquire)
	sent := l.b.clock.now()
	got, err := l.publish(ctx, seq)
	l.b.at(ctx, AfterAcquire)
	switch judge(err) {
	case accepted:
		l.confirm(sent, got)
		return true, l.held()
	case refused, uncertain:
		// Another was faster; or our own answer was lost, and the next look
		// finds our nonce.
		return false, nil
	}
	return false, err
}

// renew prolongs the lease. ErrLeaseLost is final; after any other error the
// lease may be renewed again while it lasts.
func (l *lease) renew(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.held(); err != nil {
		return err
	}
	l.b.at(ctx, BeforeRenew)
	sent := l.b.clock.now()
	seq, err := l.publish(ctx, l.seq)
	l.b.at(ctx, AfterRenew)
	switch judge(err) {
	case accepted:
		l.confirm(sent, seq)
		return nil
	case refused:
		return l.adopt(ctx)
	}
	return err
}

// adopt looks at what is stored when a renewal was refused: our own value,
// whose answer was lost, is taken over, without the time of a new one.
func (l *lease) adopt(ctx context.Context) error {
	seq, value, err := l.read(ctx)
	if err != nil {
		return err
	}
	if value.State != leaseHeld || value.Nonce != l.nonce {
		l.drop()
		return ErrLeaseLost
	}
	l.seq = seq
	return nil
}

// release gives the lease up, so that a standby takes over at once. It says
// "free" rather than shortening the lease's life: when the last message
// expired, the former one would come to light again.
func (l *lease) release(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held() != nil {
		return nil
	}
	l.drop()
	l.b.at(ctx, BeforeRelease)
	defer l.b.at(ctx, AfterRelease)
	msg, err := l.message(leaseFree)
	if err != nil {
		return err
	}
	_, err = l.b.js.PublishMsg(ctx, msg, jetstream.WithExpectLastSequencePerSubject(l.seq))
	if judge(err) == refused {
		return nil // somebody else holds it already
	}
	return err
}

// publish stores "held" on condition that the last message of the subject is
// the one with sequence last, where 0 means that there is none.
func (l *lease) publish(ctx context.Context, last uint64) (uint64, error) {
	msg, err := l.message(leaseHeld)
	if err != nil {
		return 0, err
	}
	ctx, cancel := l.b.request(ctx, l.life/3)
	defer cancel()
	ack, err := l.b.js.PublishMsg(ctx, msg, jetstream.WithMsgTTL(l.life),
		jetstream.WithExpectLastSequencePerSubject(last), jetstream.WithRetryAttempts(0))
	if err != nil {
		return 0, fmt.Errorf("publish the lease: %w", err)
	}
	return ack.Sequence, nil
}

func (l *lease) message(state string) (*nats.Msg, error) {
	data, err := json.Marshal(leaseValue{State: state, Holder: l.b.cfg.Name, Nonce: l.nonce, At: time.Now().UTC()})
	return &nats.Msg{Subject: perQueue(KindLease, l.queue), Data: data}, err
}

// read is the stored lease and its sequence; absent and unreadable ones count
// as free.
func (l *lease) read(ctx context.Context) (uint64, leaseValue, error) {
	ctx, cancel := l.b.request(ctx, l.life/3)
	defer cancel()
	msg, err := l.b.lastState(ctx, perQueue(KindLease, l.queue))
	if errors.Is(err, ErrNotFound) {
		return 0, leaseValue{State: leaseFree}, nil
	}
	if err != nil {
		return 0, leaseValue{}, fmt.Errorf("read the lease: %w", err)
	}
	var v leaseValue
	if json.Unmarshal(msg.Data, &v) != nil {
		v = leaseValue{State: leaseFree}
	}
	return msg.Sequence, v, nil
}
