package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/job"
)

// Standing is what a user has in a queue at a moment. It is made by
// Broker.Standing.
type Standing struct {
	Jobs []PendingJob // as PendingJobsOf has them

	queue job.Queue
	user  job.User
	last  uint64 // sequence of the newest of the jobs, 0 where there is none
}

// Standing reads what a user has in a queue.
func (b *Broker) Standing(ctx context.Context, q job.Queue, u job.User) (Standing, error) {
	s := Standing{queue: q, user: u}
	newest, err := b.lastOf(ctx, jobsStreamOf(q), jobsOfUser(q, u))
	switch {
	case err == nil:
		s.last = newest.Sequence
	case !errors.Is(err, ErrNotFound):
		return s, fmt.Errorf("read the newest job of %s in queue %s: %w", u, q, err)
	}
	// What is added from here on makes SubmitUpon fail, so that the list may be newer.
	s.Jobs, err = b.PendingJobsOf(ctx, q, u)
	return s, err
}

// SubmitUpon is Submit, if nothing was added to the user's standing since it
// was read; else the error is ErrConflict. It is ErrConflict too where the
// newest job has left the queue, or where an attempt of our own has arrived
// whose answer was lost: a new look tells. The job has to be of the standing's
// queue and user.
func (b *Broker) SubmitUpon(ctx context.Context, r job.Request, s Standing) (Receipt, error) {
	if r.Queue != s.queue || r.User != s.user {
		return Receipt{}, &job.Error{Code: job.CodeInvalid, Message: "the job is of another queue or user"}
	}
	// Every replica names the same subjects, so that a cluster knows of what is on its way.
	return b.submit(ctx, r, jetstream.WithExpectLastSequenceForSubject(s.last, jobsOfUser(s.queue, s.user)))
}
