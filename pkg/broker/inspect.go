package broker

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/job"
)

// StoredState is a state with its place in the log.
type StoredState struct {
	job.State
	Seq    uint64    // its place among everything that the stream took
	Stored time.Time // by the server's clock
}

// StateLog yields the stored states of all jobs behind the sequence, oldest
// first, as far as they are still kept (eight for each job). It ends after the
// first error.
func (b *Broker) StateLog(ctx context.Context, after uint64) iter.Seq2[StoredState, error] {
	return func(yield func(StoredState, error) bool) {
		for msg, err := range b.messages(ctx, stateStream, allOf(KindState, 2), after) {
			if err != nil {
				yield(StoredState{}, fmt.Errorf("read the state log: %w", err))
				return
			}
			s, err := parseState(msg.Subject, msg.Data)
			if err != nil {
				err = fmt.Errorf("read the state log at %d: %w", msg.Sequence, err)
			}
			if !yield(StoredState{State: s, Seq: msg.Sequence, Stored: msg.Time}, err) || err != nil {
				return
			}
		}
	}
}

// Results yields what the results store holds, oldest first. It ends after the
// first error.
func (b *Broker) Results(ctx context.Context) iter.Seq2[ObjectInfo, error] {
	return func(yield func(ObjectInfo, error) bool) {
		for msg, err := range b.messages(ctx, bucketPrefix+resultsBucket, "$O."+resultsBucket+".M.>", 0) {
			if err != nil {
				yield(ObjectInfo{}, fmt.Errorf("list the results: %w", err))
				return
			}
			o, err := parseObject(msg.Data)
			if errors.Is(err, ErrNotFound) {
				continue // it was removed
			}
			if err != nil {
				err = fmt.Errorf("list the results at %d: %w", msg.Sequence, err)
			}
			o.Stored = msg.Time
			if !yield(o.ObjectInfo, err) || err != nil {
				return
			}
		}
	}
}

// messages yields what a stream holds of a subject behind the sequence.
func (b *Broker) messages(ctx context.Context, stream, subject string, after uint64) iter.Seq2[*jetstream.RawStreamMsg, error] {
	return func(yield func(*jetstream.RawStreamMsg, error) bool) {
		for {
			msg, err := b.nextOf(ctx, stream, subject, after+1)
			if errors.Is(err, ErrNotFound) || !yield(msg, err) || err != nil {
				return
			}
			after = msg.Sequence
		}
	}
}
