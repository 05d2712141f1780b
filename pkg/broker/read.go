package broker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/job"
)

// lastState is the newest message of a subject of the state stream, read from
// the stream's leader. ErrNotFound when there is none.
func (b *Broker) lastState(ctx context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	return b.lastOf(ctx, stateStream, subject)
}

func (b *Broker) lastOf(ctx context.Context, stream, subject string) (*jetstream.RawStreamMsg, error) {
	s, err := b.stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	msg, err := s.GetLastMsgForSubject(ctx, subject)
	if err != nil {
		return nil, notFound(err)
	}
	return msg, nil
}

// nextOf is the first message of a subject from the sequence on.
func (b *Broker) nextOf(ctx context.Context, stream, subject string, from uint64) (*jetstream.RawStreamMsg, error) {
	s, err := b.stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	msg, err := s.GetMsg(ctx, from, jetstream.WithGetMsgSubject(subject))
	if err != nil {
		return nil, notFound(err)
	}
	return msg, nil
}

// Last is the newest stored state of a job, ErrNotFound where there is none.
func (b *Broker) Last(ctx context.Context, id job.ID) (job.State, error) {
	s, err := b.LastStored(ctx, id)
	return s.State, err
}

// LastStored is Last with the state's place in the log.
func (b *Broker) LastStored(ctx context.Context, id job.ID) (StoredState, error) {
	msg, err := b.lastState(ctx, perJob(KindState, id))
	if err != nil {
		return StoredState{}, fmt.Errorf("read the state of job %s: %w", id, err)
	}
	s, err := parseState(msg.Subject, msg.Data)
	return StoredState{State: s, Seq: msg.Sequence, Stored: msg.Time}, err
}

// States are the stored states of a job, at most eight, oldest first.
// ErrNotFound where there are none.
func (b *Broker) States(ctx context.Context, id job.ID) ([]job.State, error) {
	var all []job.State
	_, err := b.statesAfter(ctx, id, 0, func(s job.State) bool {
		all = append(all, s)
		return true
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("read the states of job %s: %w", id, ErrNotFound)
	}
	return all, err
}

// statesAfter calls visit for each stored state behind the sequence, until
// that returns false, and returns the sequence that it has read up to. A state
// that can not be read is skipped: it is none of ours.
func (b *Broker) statesAfter(ctx context.Context, id job.ID, after uint64, visit func(job.State) bool) (uint64, error) {
	subject := perJob(KindState, id)
	for {
		msg, err := b.nextOf(ctx, stateStream, subject, after+1)
		if errors.Is(err, ErrNotFound) {
			return after, nil
		}
		if err != nil {
			return after, fmt.Errorf("read the states of job %s: %w", id, err)
		}
		after = msg.Sequence
		if s, err := parseState(msg.Subject, msg.Data); err == nil && !visit(s) {
			return after, nil
		}
	}
}

// Progress is the last stored progress of a job, ErrNotFound where there is
// none.
func (b *Broker) Progress(ctx context.Context, id job.ID) (job.Progress, error) {
	msg, err := b.lastOf(ctx, progressStream, perJob(KindProgress, id))
	if err != nil {
		return job.Progress{}, fmt.Errorf("read the progress of job %s: %w", id, err)
	}
	return parseProgress(msg.Subject, msg.Data)
}

func (b *Broker) preview(ctx context.Context, id job.ID) (job.Preview, error) {
	msg, err := b.lastOf(ctx, progressStream, perJob(KindPreview, id))
	if err != nil {
		return job.Preview{}, err
	}
	return parsePreview(msg.Subject, msg.Header, msg.Data)
}

// Snapshot is the last stored order of a queue, ErrNotFound where there is
// none.
func (b *Broker) Snapshot(ctx context.Context, q job.Queue) (job.Snapshot, error) {
	msg, err := b.lastOf(ctx, progressStream, perQueue(KindQueue, q))
	if err != nil {
		return job.Snapshot{}, fmt.Errorf("read the snapshot of queue %s: %w", q, err)
	}
	return parseSnapshot(msg.Subject, msg.Data)
}

// Pending is the stored request of an open job, of whatever queue and user;
// ErrNotFound where there is none.
func (b *Broker) Pending(ctx context.Context, id job.ID) (job.Request, error) {
	names := b.js.StreamNames(ctx, jetstream.WithStreamListSubject(allJobs()))
	for name := range names.Name() {
		msg, err := b.lastOf(ctx, name, jobAnywhere(id))
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return job.Request{}, fmt.Errorf("read the request of job %s: %w", id, err)
		}
		s, err := ParseSubject(msg.Subject)
		if err != nil {
			return job.Request{}, err
		}
		return parseQueued(s.Queue, msg.Subject, msg.Data)
	}
	if err := names.Err(); err != nil {
		return job.Request{}, fmt.Errorf("list the queues: %w", err)
	}
	return job.Request{}, fmt.Errorf("read the request of job %s: %w", id, ErrNotFound)
}

// PendingJob is a job that is in a queue, as its subject names it.
type PendingJob struct {
	ID   job.ID
	User job.User
}

// PendingJobs are the jobs in a queue, running ones included, ordered by id.
// It asks the stream and so works without a bridge.
func (b *Broker) PendingJobs(ctx context.Context, q job.Queue) ([]PendingJob, error) {
	return b.pendingJobs(ctx, q, jobsOf(q))
}

// PendingJobsOf are a user's jobs in a queue, as PendingJobs.
func (b *Broker) PendingJobsOf(ctx context.Context, q job.Queue, u job.User) ([]PendingJob, error) {
	return b.pendingJobs(ctx, q, jobsOfUser(q, u))
}

func (b *Broker) pendingJobs(ctx context.Context, q job.Queue, subjects string) ([]PendingJob, error) {
	s, err := b.stream(ctx, jobsStreamOf(q))
	if err != nil {
		return nil, fmt.Errorf("list queue %s: %w", q, err)
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(subjects))
	if err != nil {
		return nil, fmt.Errorf("list queue %s: %w", q, notFound(err))
	}
	var jobs []PendingJob
	for subject := range info.State.Subjects {
		if s, err := ParseSubject(subject); err == nil {
			jobs = append(jobs, PendingJob{ID: s.Job, User: s.User})
		}
	}
	slices.SortFunc(jobs, func(a, b PendingJob) int {
		return cmp.Or(a.ID.Compare(b.ID), cmp.Compare(a.User, b.User))
	})
	return jobs, nil
}
