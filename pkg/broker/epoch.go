package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// neverExpires keeps a message beyond the age limit of its stream.
const neverExpires = "never"

// newEpoch writes the epoch of a term that holds the lease, and returns its
// sequence, which fences every other write. The write is conditional on the
// sequence of the lease: only its holder can write an epoch, so that the two
// can not come to belong to different bridges. The lock keeps renewals from
// changing that sequence meanwhile.
func (l *lease) newEpoch(ctx context.Context) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return backoff.Retry(ctx, func() (uint64, error) {
		if err := l.held(); err != nil {
			return 0, backoff.Permanent(err)
		}
		seq, err := l.publishEpoch(ctx)
		switch judge(err) {
		case accepted:
			return seq, nil
		case refused:
			return 0, l.explain(ctx, err)
		case uncertain, storeFull:
			// Perhaps it was stored: another one is as good, the newest counts.
			return 0, err
		}
		return 0, backoff.Permanent(notFound(err))
	}, backoff.WithBackOff(quickly()))
}

// explain looks why an epoch was refused: the lease is somebody else's, or it
// was renewed and the answer was lost. In the latter case the epoch is to be
// written again.
func (l *lease) explain(ctx context.Context, refusal error) error {
	err := l.adopt(ctx)
	if errors.Is(err, ErrLeaseLost) {
		return backoff.Permanent(errors.Join(err, refusal))
	}
	return errors.Join(refusal, err)
}

func (l *lease) publishEpoch(ctx context.Context) (uint64, error) {
	data, err := json.Marshal(epochValue{Holder: l.b.cfg.Name, Nonce: l.nonce, Lease: l.seq, At: time.Now().UTC()})
	if err != nil {
		return 0, err
	}
	msg := &nats.Msg{Subject: perQueue(KindEpoch, l.queue), Data: data, Header: nats.Header{}}
	msg.Header.Set(jetstream.MsgTTLHeader, neverExpires)
	l.b.at(ctx, BeforeEpoch)
	defer l.b.at(ctx, AfterEpoch)
	ctx, cancel := l.b.request(ctx, l.life/3)
	defer cancel()
	ack, err := l.b.js.PublishMsg(ctx, msg, jetstream.WithRetryAttempts(0),
		jetstream.WithExpectLastSequenceForSubject(l.seq, perQueue(KindLease, l.queue)))
	if err != nil {
		return 0, fmt.Errorf("write the epoch: %w", err)
	}
	return ack.Sequence, nil
}
