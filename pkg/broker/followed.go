package broker

import (
	"context"
	"time"

	"discomfy/pkg/job"
)

// A plain message can arrive before the stream has stored it. Reading is then
// repeated, at growing distances.
const (
	rereadFirst = 2 * time.Millisecond
	rereads     = 8
)

// followed is one job of a follower.
type followed struct {
	id        job.ID
	seq       uint64    // of the newest state that was read
	epoch     uint64    // of the job's newest state or progress
	ended     bool      // its terminal state was read
	lastEpoch uint64    // of the newest progress
	lastAt    time.Time // its time, by its sender's clock
	due       time.Time // when to read the states next
	tries     int       // reads since the alarm that found nothing new
}

// wake makes the states be read now.
func (j *followed) wake(now time.Time) { j.due, j.tries = now, 0 }

// live reports whether something live of this epoch is news.
func (j *followed) live(epoch uint64) bool {
	if j.ended || epoch < j.epoch {
		return false
	}
	j.epoch = epoch
	return true
}

// newer reports whether a progress follows the last one. The clocks of two
// bridges need not agree, so times count within an epoch only.
func (j *followed) newer(p job.Progress) bool {
	return p.Epoch != j.lastEpoch || p.At.After(j.lastAt)
}

// settle plans the next read. After a find it is soon, since another state may
// be just behind the one that was found.
func (j *followed) settle(now time.Time, found bool) {
	if found {
		j.tries = 0
	}
	if j.tries == rereads {
		j.due = now.Add(recheck)
		return
	}
	j.due = now.Add(rereadFirst << j.tries)
	j.tries++
}

// nextDue is how long nothing has to be read. Jobs that have ended are read
// only when an alarm says so.
func (f *follower) nextDue() time.Duration {
	next := recheck
	if f.box.crowded() {
		return next // the receiver makes room first
	}
	for _, j := range f.order {
		if !j.ended {
			next = min(next, time.Until(j.due))
		}
	}
	return max(next, 0)
}

// refresh reads the new states of the jobs that are due, unless the receiver
// is so slow that many wait already: they are safe in the stream meanwhile.
func (f *follower) refresh(ctx context.Context) {
	now := time.Now()
	for _, j := range f.order {
		if j.ended || j.due.After(now) || f.box.crowded() {
			continue
		}
		found := f.read(ctx, j)
		j.settle(time.Now(), found)
	}
}

// read takes over the states behind the last known one, at first only the
// newest.
func (f *follower) read(ctx context.Context, j *followed) bool {
	ctx, cancel := f.b.request(ctx, readWithin)
	defer cancel()
	if j.seq == 0 {
		last, err := f.b.LastStored(ctx, j.id)
		if err != nil {
			return false
		}
		j.seq = last.Seq
		f.state(j, last.State)
		return true
	}
	before := j.seq
	seq, _ := f.b.statesAfter(ctx, j.id, j.seq, func(s job.State) bool {
		f.state(j, s)
		return !j.ended // nothing follows an end, so that it is not kept waiting by another look
	})
	j.seq = seq
	return seq > before
}

// state queues a state. It sets the epoch, and does not only raise it: a job
// that moved to another queue may come under an older one.
func (f *follower) state(j *followed, s job.State) {
	j.epoch = s.Epoch
	f.box.states = append(f.box.states, s)
	if s.Phase.Ended() {
		j.ended = true
		f.box.forget(boxKey{KindProgress, j.id})
		f.box.forget(boxKey{KindPreview, j.id})
	}
}
