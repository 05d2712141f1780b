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

	"discomfy/pkg/job"
)

const (
	// submitWithin bounds a submission whose context has no earlier deadline.
	submitWithin = 3 * time.Second
	// answerWithin is how long one publish waits before it is repeated.
	answerWithin = time.Second
)

// Receipt says how a job was accepted.
type Receipt struct {
	Duplicate bool // the same job had been accepted before
}

// Submit puts a job into its queue. Repeating it is harmless: a job that is
// already there is accepted as a duplicate. The errors are *job.Error:
// CodeInvalid, CodeQueueFull, or CodeUnconfirmed where NATS did not answer, so
// that the job may or may not be in the queue.
func (b *Broker) Submit(ctx context.Context, r job.Request) (Receipt, error) { return b.submit(ctx, r) }

func (b *Broker) submit(ctx context.Context, r job.Request, opts ...jetstream.PublishOpt) (Receipt, error) {
	msg, err := requestMessage(r)
	if err != nil {
		return Receipt{}, &job.Error{Code: job.CodeInvalid, Message: err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, submitWithin)
	defer cancel()
	b.at(ctx, BeforeSubmit)
	receipt, err := backoff.Retry(ctx, func() (Receipt, error) { return b.trySubmit(ctx, msg, r.Queue, opts) },
		backoff.WithBackOff(quickly()))
	b.at(ctx, AfterSubmit)
	if err == nil {
		return receipt, nil
	}
	if errors.Is(err, ErrConflict) {
		return Receipt{}, err
	}
	if coded, ok := errors.AsType[*job.Error](err); ok {
		return Receipt{}, coded
	}
	return Receipt{}, errors.Join(&job.Error{Code: job.CodeUnconfirmed, Message: "the queue's server did not answer"}, err)
}

func requestMessage(r job.Request) (*nats.Msg, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	// What we accept here must be readable at the other end.
	if _, err := job.ParseRequest(data); err != nil {
		return nil, err
	}
	return &nats.Msg{Subject: jobSubject(r), Data: data}, nil
}

func (b *Broker) trySubmit(ctx context.Context, msg *nats.Msg, q job.Queue, opts []jetstream.PublishOpt) (Receipt, error) {
	ctx, cancel := b.request(ctx, answerWithin)
	defer cancel()
	id, _ := ParseSubject(msg.Subject)
	opts = append([]jetstream.PublishOpt{jetstream.WithMsgID(id.Job.String()), jetstream.WithRetryAttempts(0)}, opts...)
	ack, err := b.js.PublishMsg(ctx, msg, opts...)
	switch judge(err) {
	case accepted:
		return Receipt{Duplicate: ack.Duplicate}, nil
	case duplicate:
		return Receipt{Duplicate: true}, nil
	case queueFull, storeFull:
		return Receipt{}, backoff.Permanent(&job.Error{Code: job.CodeQueueFull})
	case absent:
		return Receipt{}, backoff.Permanent(&job.Error{Code: job.CodeInvalid,
			Message: fmt.Sprintf("there is no queue %q (`discomfy init` makes it)", q)})
	case refused:
		return Receipt{}, backoff.Permanent(fmt.Errorf("publish the job: %w", errors.Join(ErrConflict, err)))
	case broken:
		return Receipt{}, backoff.Permanent(fmt.Errorf("publish the job: %w", err))
	}
	b.count.repeated.Add(1)
	return Receipt{}, fmt.Errorf("publish the job: %w", err)
}

// quickly is how durable writes are repeated: soon at first, never rarely.
func quickly() backoff.BackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = 20 * time.Millisecond
	b.MaxInterval = 500 * time.Millisecond
	return b
}
