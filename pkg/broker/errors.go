package broker

import (
	"errors"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var (
	// ErrUnfit is returned when the server can not keep our promises: it is
	// too old, or has no JetStream.
	ErrUnfit = errors.New("this NATS server does not suffice")
	// ErrNotSetUp is returned when a stream or consumer is absent.
	ErrNotSetUp = errors.New("NATS is not set up for this: run `discomfy init`")
	// ErrNotFound is returned when what was asked for is not stored, or no
	// longer.
	ErrNotFound = errors.New("not found")
	// ErrLeaseLost is returned when the lease of the term is no longer
	// certainly ours; it is also the cause with which a term's context ends.
	ErrLeaseLost = errors.New("the lease was lost")
	// ErrFenced is returned when the server refused a write because another
	// term has begun.
	ErrFenced = errors.New("refused: another bridge has taken over")
	// ErrAlreadyEnded is returned when the job already has a terminal state,
	// other than the one to be written.
	ErrAlreadyEnded = errors.New("the job has already ended")
	// ErrNotEnded is returned when a job shall leave the queue before a
	// terminal state, or its move to another queue, is stored.
	ErrNotEnded = errors.New("the job has not ended")
	// ErrNotHeld is returned when the term holds no such job.
	ErrNotHeld = errors.New("the job is not held by this term")
	// ErrStoreFull is returned when the store has no room for a file.
	ErrStoreFull = errors.New("the store is full")
	// ErrUnreadable is returned when what is stored is not of a form that this
	// version knows.
	ErrUnreadable = errors.New("stored in a form that this version does not know")
	// ErrConflict is returned when what is stored is not what the write was
	// made upon.
	ErrConflict = errors.New("changed by somebody else meanwhile")
	// ErrDamaged is returned when a file read from the store is not what was
	// written.
	ErrDamaged = errors.New("the stored file is damaged")
)

// API error codes of nats-server 2.15 (server/errors.json) that nats.go does
// not name.
const (
	codeInsufficientResources jetstream.ErrorCode = 10023 // the server's store is full
	codeStorageExceeded       jetstream.ErrorCode = 10047 // a reservation does not fit the server's store
	codeStoreFailed           jetstream.ErrorCode = 10077 // a limit of the stream; the text says which
)

// verdict is what a refused or unanswered publish means.
type verdict int

const (
	accepted  verdict = iota
	refused           // the condition of the write does not hold
	duplicate         // the subject already has its message
	queueFull         // the stream takes no more messages
	storeFull         // no bytes left
	absent            // no stream listens
	uncertain         // perhaps stored: repeat
	broken            // anything else: repeating will not help
)

// judge reads the outcome of a JetStream publish.
func judge(err error) verdict {
	if err == nil {
		return accepted
	}
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		return judgeAPI(api)
	}
	switch {
	case errors.Is(err, jetstream.ErrNoStreamResponse):
		return absent
	case errors.Is(err, nats.ErrMaxPayload), errors.Is(err, nats.ErrBadSubject), errors.Is(err, nats.ErrConnectionClosed):
		return broken
	}
	return uncertain
}

func judgeAPI(err *jetstream.APIError) verdict {
	switch err.ErrorCode {
	case jetstream.JSErrCodeStreamWrongLastSequence:
		return refused
	case codeInsufficientResources, codeStorageExceeded:
		return storeFull
	case codeStoreFailed:
		// One code for three limits: only the text tells them apart.
		switch {
		case strings.Contains(err.Description, "per subject"):
			return duplicate
		case strings.Contains(err.Description, "maximum messages"):
			return queueFull
		case strings.Contains(err.Description, "maximum bytes"):
			return storeFull
		}
	}
	// 10164: in a cluster another conditional write is on its way. 429 and
	// 5xx: the server is busy or electing a leader.
	if err.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant || err.Code == 429 || err.Code >= 500 {
		return uncertain
	}
	return broken
}

// notFound turns NATS's ways of saying "there is none" into ours.
func notFound(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jetstream.ErrMsgNotFound), errors.Is(err, jetstream.ErrObjectNotFound):
		return ErrNotFound
	case errors.Is(err, jetstream.ErrStreamNotFound), errors.Is(err, jetstream.ErrConsumerNotFound),
		errors.Is(err, jetstream.ErrBucketNotFound):
		return errors.Join(ErrNotSetUp, err)
	}
	return err
}
