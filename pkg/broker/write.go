package broker

import (
	"bytes"
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

// writeWithin bounds the repetitions of a durable write. While NATS is away
// the end of the lease bounds them sooner.
const writeWithin = 30 * time.Second

// Write stores a state of a job through the fence. Epoch is set to the term's,
// At to now where it is zero. A terminal state is stored once: where another
// one is found the error is ErrAlreadyEnded. Transport failures are repeated
// within a bound. ErrLeaseLost: not sent; ErrFenced: refused, another term has
// begun.
func (t *Term) Write(ctx context.Context, s job.State) error {
	if s.Job.IsZero() || !s.Phase.Valid() {
		return fmt.Errorf("write state: no job, or the unknown phase %q", s.Phase)
	}
	if s.At.IsZero() {
		s.At = time.Now().UTC()
	}
	w := fencedWrite{
		subject: perJob(KindState, s.Job), before: BeforeState, after: AfterState,
		body: func(epoch uint64) ([]byte, error) { s.Epoch = epoch; return json.Marshal(s) },
	}
	var err error
	if s.Phase.Ended() {
		err = t.writeEnd(ctx, s, w)
	} else {
		err = t.writeOpen(ctx, s, w)
	}
	if err != nil {
		return fmt.Errorf("write state %s of job %s: %w", s.Phase, s.Job, err)
	}
	return nil
}

func (t *Term) writeOpen(ctx context.Context, s job.State, w fencedWrite) error {
	if held, ok := t.held.get(s.Job); ok && held.ended {
		return ErrAlreadyEnded
	}
	if _, err := t.write(ctx, w); err != nil {
		return err
	}
	if t.leaves(s) {
		t.held.change(s.Job, func(h *holding) { h.ended = true })
	}
	return nil
}

// writeEnd stores a terminal state once. The message id catches repetitions
// within the stream's window, the look before catches older ones: nobody else
// can write in between, since the fence excludes other terms and one goroutine
// owns a job. The same end of this term is what a former call, whose outcome
// stayed unknown, has stored: a success.
func (t *Term) writeEnd(ctx context.Context, s job.State, w fencedWrite) error {
	id := s.Job
	w.msgID = id.String() + ":end"
	w.before, w.after = BeforeEnd, AfterEnd
	last, err := t.Last(ctx, id)
	switch {
	case err == nil && last.Phase == s.Phase && last.Epoch == t.Epoch():
		t.held.change(id, func(h *holding) { h.ended = true })
		return nil
	case err == nil && last.Phase.Ended():
		return ErrAlreadyEnded
	case err != nil && !errors.Is(err, ErrNotFound):
		return err
	}
	sent, err := t.write(ctx, w)
	if errors.Is(err, errDuplicate) {
		err = t.compareEnd(ctx, id, sent)
	}
	if err == nil {
		t.held.change(id, func(h *holding) { h.ended = true })
	}
	return err
}

// compareEnd looks at what is stored when the server says "duplicate": our own
// write, whose answer was lost, or somebody else's.
func (t *Term) compareEnd(ctx context.Context, id job.ID, sent []byte) error {
	msg, err := t.look(ctx, perJob(KindState, id))
	if err != nil {
		return fmt.Errorf("read back the end: %w", err)
	}
	if !bytes.Equal(msg.Data, sent) {
		return ErrAlreadyEnded
	}
	return nil
}

// Last is the newest stored state of a job, read from the stream's leader;
// ErrNotFound where there is none. Transport failures are repeated within the
// lease.
func (t *Term) Last(ctx context.Context, id job.ID) (job.State, error) {
	msg, err := t.look(ctx, perJob(KindState, id))
	if err != nil {
		return job.State{}, fmt.Errorf("read the state of job %s: %w", id, err)
	}
	return parseState(msg.Subject, msg.Data)
}

// look reads the newest message of a subject, as patiently as a write.
func (t *Term) look(ctx context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	return backoff.Retry(ctx, func() (*jetstream.RawStreamMsg, error) {
		if err := t.Held(); err != nil {
			return nil, backoff.Permanent(err)
		}
		ctx, cancel := t.b.request(ctx, answerWithin)
		defer cancel()
		msg, err := t.b.lastState(ctx, subject)
		if errors.Is(err, ErrNotFound) || errors.Is(err, ErrNotSetUp) {
			return nil, backoff.Permanent(err)
		}
		return msg, err
	}, backoff.WithBackOff(quickly()), backoff.WithMaxElapsedTime(writeWithin))
}

// leaves reports whether a state moves the job to another queue.
func (t *Term) leaves(s job.State) bool { return s.Queue != "" && s.Queue != t.queue }

// errDuplicate is returned when the server has seen the message id before.
var errDuplicate = errors.New("the message id was seen before")

// fencedWrite is a durable write to the state stream.
type fencedWrite struct {
	subject       string
	body          func(epoch uint64) ([]byte, error)
	msgID         string // empty for none
	ttl           string // empty for the stream's age limit
	before, after string // failpoints
}

// write stores w on condition that the term's epoch is the newest, and returns
// the bytes that it sent last. Before it sends them again it looks whether they
// are stored already, because only the answer may have been lost.
func (t *Term) write(ctx context.Context, w fencedWrite) ([]byte, error) {
	var sent []byte
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		if sent != nil {
			if stored, err := t.isStored(ctx, w.subject, sent); stored || err != nil {
				return struct{}{}, err
			}
		}
		var err error
		sent, err = t.tryWrite(ctx, w)
		return struct{}{}, err
	}, backoff.WithBackOff(quickly()), backoff.WithMaxElapsedTime(writeWithin))
	return sent, err
}

// isStored reports whether data is the newest message of the subject.
func (t *Term) isStored(ctx context.Context, subject string, data []byte) (bool, error) {
	if err := t.Held(); err != nil {
		return false, backoff.Permanent(err)
	}
	ctx, cancel := t.b.request(ctx, answerWithin)
	defer cancel()
	msg, err := t.b.lastState(ctx, subject)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && bytes.Equal(msg.Data, data), err
}

func (t *Term) tryWrite(ctx context.Context, w fencedWrite) ([]byte, error) {
	if err := t.Held(); err != nil {
		return nil, backoff.Permanent(err)
	}
	epoch := t.Epoch()
	data, err := w.body(epoch)
	if err != nil {
		return nil, backoff.Permanent(err)
	}
	ack, err := t.publish(ctx, w, data, epoch)
	switch judge(err) {
	case accepted:
		if ack.Duplicate {
			return data, backoff.Permanent(errDuplicate)
		}
		return data, nil
	case refused:
		return data, t.refused(ctx, epoch, err)
	case uncertain:
		t.b.count.repeated.Add(1)
		return data, err
	case storeFull:
		return data, errors.Join(ErrStoreFull, err) // repeated within the bound: freeing space helps
	}
	return data, backoff.Permanent(err)
}

// refused handles a write that the fence stopped: final without the lease, and
// to be repeated with a new epoch with it.
func (t *Term) refused(ctx context.Context, epoch uint64, cause error) error {
	if t.Held() != nil {
		t.b.count.fenced.Add(1)
		t.lose(ErrLeaseLost)
		return backoff.Permanent(errors.Join(ErrFenced, cause))
	}
	if err := t.refence(ctx, epoch); err != nil {
		return backoff.Permanent(err)
	}
	return cause
}

func (t *Term) publish(ctx context.Context, w fencedWrite, data []byte, epoch uint64) (*jetstream.PubAck, error) {
	msg := &nats.Msg{Subject: w.subject, Data: data, Header: nats.Header{}}
	if w.ttl != "" {
		msg.Header.Set(jetstream.MsgTTLHeader, w.ttl)
	}
	opts := []jetstream.PublishOpt{
		jetstream.WithExpectLastSequenceForSubject(epoch, perQueue(KindEpoch, t.queue)),
		jetstream.WithRetryAttempts(0),
	}
	if w.msgID != "" {
		opts = append(opts, jetstream.WithMsgID(w.msgID))
	}
	t.b.at(ctx, w.before)
	defer t.b.at(ctx, w.after)
	ctx, cancel := t.b.request(ctx, answerWithin)
	defer cancel()
	return t.b.js.PublishMsg(ctx, msg, opts...)
}
