package terminal

import (
	"time"

	"discomfy/pkg/job"
)

// entry is all that is known of one watched job.
type entry struct {
	request job.Request
	number  int // from 1; 0 when it is the only one

	phase    job.Phase // "" until a first state was read
	note     string    // the newest state's words, such as "trying once more"
	attempt  int
	position int // 0 while unknown
	of       int // jobs in the queue
	place    job.Place
	placed   time.Time // here, when the position was heard
	progress job.Progress
	percent  float64   // the most that the attempt has shown
	heard    time.Time // here, when the progress was heard

	end   *job.State // the terminal state
	saved []Saved
	err   error // why results could not be saved
	final bool  // ended, and its results dealt with
}

// running reports whether the job's run has begun and not ended.
func (e *entry) running() bool {
	return e.end == nil && (e.phase == job.Running || e.phase == job.Stopping || !e.heard.IsZero())
}

// elapsed is how long the run has lasted. It adds what passed here since the
// last snapshot to the bridge's own reckoning, so the clocks of the two
// machines need not agree.
func (e *entry) elapsed(now time.Time) time.Duration {
	if e.heard.IsZero() {
		return 0
	}
	return e.progress.Elapsed() + max(now.Sub(e.heard), 0)
}

// left is the estimate until the run's end; false when nothing is known.
func (e *entry) left(now time.Time) (time.Duration, bool) {
	if e.heard.IsZero() || e.progress.ETA.IsZero() {
		return 0, false
	}
	left := e.progress.ETA.Sub(e.progress.At) - max(now.Sub(e.heard), 0)
	return left, left > 0
}

// startsIn is the estimate until the run's start; false when nothing is known.
func (e *entry) startsIn(now time.Time) (time.Duration, bool) {
	if e.place.Seconds <= 0 {
		return 0, false
	}
	in := time.Duration(e.place.Seconds*float64(time.Second)) - max(now.Sub(e.placed), 0)
	return in, in > 0
}

// applyState takes a durable state; it reports whether something changed.
func (e *entry) applyState(s job.State) bool {
	if e.end != nil || (s.Attempt < e.attempt && !s.Phase.Ended()) {
		return false
	}
	changed := s.Phase != e.phase || s.Note != e.note
	if s.Attempt > e.attempt {
		e.attempt, e.percent, e.heard, e.progress = s.Attempt, 0, time.Time{}, job.Progress{}
	}
	e.phase, e.note = s.Phase, s.Note
	if s.Phase.Ended() {
		e.end = &s
	}
	return changed
}

// applyProgress takes a live snapshot of the run; older ones and those after
// the end are dropped, and the percent never falls within an attempt.
func (e *entry) applyProgress(p job.Progress, now time.Time) bool {
	switch {
	case e.end != nil, p.Attempt < e.attempt, p.Epoch < e.progress.Epoch:
		return false
	case p.Attempt == e.progress.Attempt && p.Epoch == e.progress.Epoch && p.At.Before(e.progress.At):
		return false
	case p.Attempt > e.attempt:
		e.attempt, e.percent = p.Attempt, 0
	}
	if p.Percent > e.percent { // false for what is no number
		e.percent = min(p.Percent, 100)
	}
	e.progress, e.heard = p, now
	return true
}

// applyPlace takes the job's place in the queue.
func (e *entry) applyPlace(s job.Snapshot, now time.Time) (moved bool) {
	position, place, ok := s.Position(e.request.ID)
	if !ok || e.end != nil {
		return false
	}
	moved = position != e.position
	e.position, e.place, e.placed = position, place, now
	e.of = len(s.Running) + len(s.Waiting)
	return moved
}
