package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/time/rate"

	"discomfy/pkg/job"
)

const (
	// deliveryBuffer is how many deliveries wait for the bridge.
	deliveryBuffer = 64
	// fetchBatch is how many messages one pull asks for.
	fetchBatch = 512
	// pullPause is the pause after a pull that failed.
	pullPause = 100 * time.Millisecond
)

// Delivery is a job that the term holds from now on.
type Delivery struct {
	Request     job.Request
	Seq         uint64    // the job's place in the order of arrival
	Stored      time.Time // when the queue took it
	Redelivered bool      // it was delivered before, to an earlier term or connection
}

// Deliveries yields every job of the queue once per term, in the order of
// arrival; where a frozen predecessor still had a pull open, what that one
// swallowed comes later (Seq has the order). It is closed when the term's context has ended. Jobs that are not
// received are not lost: the next term gets them all.
func (t *Term) Deliveries() <-chan Delivery { return t.deliveries }

// pull takes jobs from the queue until ctx ends. At the start and after every
// reconnect the consumer is reset, so that everything that is not acknowledged
// comes again, at once and in order: nothing waits for AckWait, and jobs that
// a lost connection swallowed are found.
func (t *Term) pull(ctx context.Context) {
	defer close(t.deliveries)
	complain := rate.Sometimes{First: 1, Interval: 10 * time.Second}
	for ctx.Err() == nil {
		generation := t.b.link.generation()
		err := t.reset(ctx)
		if err == nil {
			err = t.fetchAll(ctx, generation)
		}
		if err == nil || ctx.Err() != nil {
			continue
		}
		complain.Do(func() {
			t.b.cfg.Log.WarnContext(ctx, "can not take jobs from the queue, trying again", keyQueue, t.queue, keyError, err)
		})
		pause(ctx, pullPause)
	}
}

// reset makes the server deliver every unacknowledged job again.
func (t *Term) reset(ctx context.Context) error {
	if err := t.Held(); err != nil {
		return err
	}
	ctx, cancel := t.b.request(ctx, t.lease.life/3)
	defer cancel()
	t.b.at(ctx, BeforeReset)
	_, err := t.b.js.ResetConsumer(ctx, jobsStreamOf(t.queue), bridgeConsumer)
	t.b.at(ctx, AfterReset)
	if err != nil {
		return fmt.Errorf("reset the queue's consumer: %w", notFound(err))
	}
	return nil
}

// fetchAll pulls until ctx or the connection's generation ends, or a pull did
// not end as it should; then it returns nil.
func (t *Term) fetchAll(ctx, generation context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(generation, cancel)()
	consumer, err := t.b.js.Consumer(ctx, jobsStreamOf(t.queue), bridgeConsumer)
	if err != nil {
		return fmt.Errorf("find the queue's consumer: %w", notFound(err))
	}
	for ctx.Err() == nil {
		if err := t.Held(); err != nil {
			return err
		}
		if clean, err := t.fetch(ctx, consumer); err != nil || !clean {
			return err
		}
	}
	return nil
}

// fetch makes one pull. It ends on the server within a third of the lease, so
// that a bridge that froze does not receive for long what belongs to its
// successor. It is clean when the server said that it ended: otherwise
// messages may have come that nobody read, and only a reset brings them back
// before AckWait.
func (t *Term) fetch(ctx context.Context, consumer jetstream.Consumer) (clean bool, err error) {
	pull, cancel := context.WithTimeout(ctx, t.lease.life/3)
	defer cancel()
	batch, err := consumer.Fetch(fetchBatch, jetstream.FetchContext(pull))
	if err != nil {
		return false, fmt.Errorf("pull: %w", err)
	}
	for msg := range batch.Messages() {
		t.receive(ctx, msg)
	}
	err = batch.Error()
	if pull.Err() != nil {
		return err == nil, nil
	}
	return err == nil, err
}

// receive sorts one message of the queue.
func (t *Term) receive(ctx context.Context, msg jetstream.Msg) {
	if t.Held() != nil {
		t.b.count.returned.Add(1)
		t.answer(ctx, msg, msg.Nak())
		return
	}
	d, err := parseDelivery(t.queue, msg)
	if err != nil {
		t.reject(ctx, msg, err)
		return
	}
	switch t.held.add(d.Request.ID, d.Seq, msg) {
	case fresh:
		t.hand(d)
	case repeated:
		t.b.count.redelivered.Add(1)
	case finished:
		t.answer(ctx, msg, msg.Ack())
	case second:
		t.reject(ctx, msg, errors.New("a second message for a job that is held"))
	}
}

// hand passes a job on. The pull may end while the bridge is busy; only the
// end of the term stops the hand-over, and then the next term gets the job.
func (t *Term) hand(d Delivery) {
	select {
	case t.deliveries <- d:
	case <-t.over:
	}
}

// reject takes what is not ours out of the queue: it would come again for
// ever.
func (t *Term) reject(ctx context.Context, msg jetstream.Msg, why error) {
	t.b.count.foreign.Add(1)
	t.foreign.Do(func() {
		t.b.cfg.Log.WarnContext(ctx, "terminated a message that is not ours",
			keyQueue, t.queue, keySubject, msg.Subject(), keyReason, why.Error())
	})
	t.answer(ctx, msg, msg.TermWithReason(why.Error()))
}

// answer notes an acknowledgement that could not be sent; the message will
// come again.
func (t *Term) answer(ctx context.Context, msg jetstream.Msg, err error) {
	if err != nil {
		t.b.cfg.Log.DebugContext(ctx, "could not answer a delivery", keySubject, msg.Subject(), keyError, err)
	}
}

// parseDelivery reads a message of the queue; the error is the reason to
// terminate it.
func parseDelivery(q job.Queue, msg jetstream.Msg) (Delivery, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return Delivery{}, err
	}
	r, err := parseQueued(q, msg.Subject(), msg.Data())
	if err != nil {
		return Delivery{}, err
	}
	return Delivery{
		Request: r, Seq: meta.Sequence.Stream, Stored: meta.Timestamp, Redelivered: meta.NumDelivered > 1,
	}, nil
}

// parseQueued reads a stored job, whose subject and body must agree.
func parseQueued(q job.Queue, subject string, data []byte) (job.Request, error) {
	s, err := ParseSubject(subject)
	if err != nil {
		return job.Request{}, err
	}
	r, err := job.ParseRequest(data)
	if err != nil {
		return job.Request{}, err
	}
	if s.Kind != KindJob || s.Queue != q || r.Queue != q || r.ID != s.Job || r.User != s.User {
		return job.Request{}, errors.New("the subject and the request disagree")
	}
	return r, nil
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
