package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/job"
)

// Done takes a job out of the queue; the server has confirmed it when Done
// returns nil. It is refused with ErrNotEnded unless the job's newest stored
// state is terminal, or names another queue.
func (t *Term) Done(ctx context.Context, id job.ID) error {
	if err := t.done(ctx, id); err != nil {
		return fmt.Errorf("take job %s out of the queue: %w", id, err)
	}
	return nil
}

func (t *Term) done(ctx context.Context, id job.ID) error {
	held, ok := t.held.get(id)
	if !ok {
		return ErrNotHeld
	}
	if !held.ended {
		last, err := t.Last(ctx, id)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if !last.Phase.Ended() && !t.leaves(last) {
			return ErrNotEnded
		}
	}
	t.held.change(id, func(h *holding) { h.ended, h.leaving = true, true })
	t.b.at(ctx, BeforeDone)
	defer t.b.at(ctx, AfterDone)
	_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, t.acknowledge(ctx, id) },
		backoff.WithBackOff(quickly()), backoff.WithMaxElapsedTime(writeWithin))
	if err == nil {
		t.held.remove(id)
	}
	return err
}

// acknowledge uses the newest ack handle. One that was used before did its
// work: the redelivery of a leaving job is acknowledged on arrival.
func (t *Term) acknowledge(ctx context.Context, id job.ID) error {
	if err := t.Held(); err != nil {
		return backoff.Permanent(err)
	}
	held, ok := t.held.get(id)
	if !ok {
		return nil
	}
	ctx, cancel := t.b.request(ctx, answerWithin)
	defer cancel()
	err := held.handle.DoubleAck(ctx)
	if errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
		return nil
	}
	return err
}
