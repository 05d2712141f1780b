package broker

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/job"
)

// Revision is the state in which a stored value was read. The zero Revision
// stands for a value that does not exist yet.
type Revision uint64

// AnyRevision makes PutReply overwrite whatever is there.
const AnyRevision Revision = math.MaxUint64

// PutReply stores where to answer for a job, or for a group by its name, if
// what is stored is still of the revision; else the error is ErrConflict. An
// error of another kind leaves open whether it was stored.
func (b *Broker) PutReply(ctx context.Context, id job.ID, data []byte, was Revision) (Revision, error) {
	opts := []jetstream.PublishOpt{jetstream.WithRetryAttempts(0)}
	if was != AnyRevision {
		opts = append(opts, jetstream.WithExpectLastSequencePerSubject(uint64(was)))
	}
	revision, err := b.keep(ctx, &nats.Msg{Subject: perJob(KindReply, id), Data: data}, opts...)
	if err != nil {
		return 0, fmt.Errorf("store where to answer for job %s: %w", id, err)
	}
	return revision, nil
}

// Reply is what PutReply stored for a job, ErrNotFound where there is nothing,
// or no longer.
func (b *Broker) Reply(ctx context.Context, id job.ID) ([]byte, Revision, error) {
	ctx, cancel := b.request(ctx, readWithin)
	defer cancel()
	msg, err := b.lastOf(ctx, repliesStream, perJob(KindReply, id))
	if err != nil {
		return nil, 0, fmt.Errorf("read where to answer for job %s: %w", id, err)
	}
	return msg.Data, Revision(msg.Sequence), nil
}

// PutDraft stores a draft under a key of the caller's for a day, over what was
// there. Keys are those of Claim.
func (b *Broker) PutDraft(ctx context.Context, key string, data []byte) error {
	subject, err := keyed(KindDraft, key)
	if err != nil {
		return fmt.Errorf("store a draft: %w", err)
	}
	msg := &nats.Msg{Subject: subject, Data: data, Header: nats.Header{}}
	msg.Header.Set(jetstream.MsgTTLHeader, wholeSeconds(draftAge))
	if _, err := b.keep(ctx, msg, jetstream.WithRetryAttempts(0)); err != nil {
		return fmt.Errorf("store draft %s: %w", key, err)
	}
	return nil
}

// Draft is what PutDraft stored, ErrNotFound where there is nothing, or no
// longer.
func (b *Broker) Draft(ctx context.Context, key string) ([]byte, error) {
	subject, err := keyed(KindDraft, key)
	if err != nil {
		return nil, fmt.Errorf("read a draft: %w", err)
	}
	ctx, cancel := b.request(ctx, readWithin)
	defer cancel()
	msg, err := b.lastOf(ctx, repliesStream, subject)
	if err != nil {
		return nil, fmt.Errorf("read draft %s: %w", key, err)
	}
	return msg.Data, nil
}

// keep publishes one durable message and says in which revision it is stored.
func (b *Broker) keep(ctx context.Context, msg *nats.Msg, opts ...jetstream.PublishOpt) (Revision, error) {
	ctx, cancel := b.request(ctx, answerWithin)
	defer cancel()
	ack, err := b.js.PublishMsg(ctx, msg, opts...)
	switch judge(err) {
	case accepted:
		return Revision(ack.Sequence), nil
	case refused:
		return 0, errors.Join(ErrConflict, err)
	case absent:
		return 0, ErrNotSetUp
	case storeFull:
		return 0, errors.Join(ErrStoreFull, err)
	}
	return 0, err
}
