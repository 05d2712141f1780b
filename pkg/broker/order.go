package broker

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// KeptOrder is what somebody has begun to answer: an order that is being placed,
// or a question.
type KeptOrder struct {
	Key      string
	Data     []byte
	Stored   time.Time // by the server's clock
	Revision Revision
}

// KeepOrder keeps what somebody asked for, and was promised an answer to, for
// twenty minutes, so that others can go on if we die: if what is kept under the
// key is still of the revision, else the error is ErrConflict. It returns the
// revision that is kept then. Keys are those of Claim.
func (b *Broker) KeepOrder(ctx context.Context, key string, data []byte, was Revision) (Revision, error) {
	opts := []jetstream.PublishOpt{jetstream.WithRetryAttempts(0)}
	if was != AnyRevision {
		opts = append(opts, jetstream.WithExpectLastSequencePerSubject(uint64(was)))
	}
	return b.putOrder(ctx, key, data, opts...)
}

// DropOrder ends that an order is kept. Another message takes its place, for the
// ingress has no right to delete, and for as long as the order would have been
// kept: a server that is killed later brings back what was replaced by a message
// that has vanished by then.
func (b *Broker) DropOrder(ctx context.Context, key string) error {
	_, err := b.putOrder(ctx, key, nil, jetstream.WithRetryAttempts(0))
	return err
}

func (b *Broker) putOrder(ctx context.Context, key string, data []byte, opts ...jetstream.PublishOpt) (Revision, error) {
	subject, err := keyed(KindOrder, key)
	if err != nil {
		return 0, fmt.Errorf("keep an order: %w", err)
	}
	msg := &nats.Msg{Subject: subject, Data: data, Header: nats.Header{}}
	msg.Header.Set(jetstream.MsgTTLHeader, wholeSeconds(orderAge))
	revision, err := b.keep(ctx, msg, opts...)
	if err != nil {
		return 0, fmt.Errorf("keep order %s: %w", key, err)
	}
	return revision, nil
}

// ordersWhole is how often a look at the orders sees all of them: the others begin
// at the first that was kept. A server that was killed may give places in its log
// twice.
const ordersWhole = time.Minute

// orders is where the looks at the orders begin.
type orders struct {
	mu    sync.Mutex
	from  uint64    // up to here all were dropped
	whole time.Time // when a look last began at the first
}

func (o *orders) begin() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	if time.Since(o.whole) >= ordersWhole {
		o.from, o.whole = 0, time.Now()
	}
	return o.from
}

func (o *orders) dropped(upTo uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.from = max(o.from, upTo)
}

// KeptOrders yields the orders that are kept, the oldest first. It ends with
// the first error. Those that were dropped stay in the log for as long, and are
// passed over but once a minute.
func (b *Broker) KeptOrders(ctx context.Context) iter.Seq2[KeptOrder, error] {
	return func(yield func(KeptOrder, error) bool) {
		none := true // was kept so far
		for msg, err := range b.messages(ctx, repliesStream, allOf(KindOrder, 1), b.orders.begin()) {
			if err != nil {
				yield(KeptOrder{}, fmt.Errorf("read the orders: %w", err))
				return
			}
			s, err := ParseSubject(msg.Subject)
			if err = errors.Join(err, ctx.Err()); err != nil {
				yield(KeptOrder{}, err)
				return
			}
			if len(msg.Data) == 0 { // dropped
				if none {
					b.orders.dropped(msg.Sequence)
				}
				continue
			}
			none = false
			if !yield(KeptOrder{Key: s.Key, Data: msg.Data, Stored: msg.Time, Revision: Revision(msg.Sequence)}, nil) {
				return
			}
		}
	}
}
