package board

import (
	"time"

	"discomfy/pkg/job"
)

// facts are the newest that is known of a job. The newest wins: what is older
// leaves no trace.
type facts struct {
	state    job.State
	seq      uint64 // of state; 0 where there is none yet
	progress *job.Progress
	place    place
}

// place is where a waiting job stands.
type place struct {
	Position, Of int
	Start        time.Time // estimated
	Raised       bool
	Server       string
	Offline      bool
}

// learnState takes a state unless a newer one is known.
func (f *facts) learnState(s job.State, seq uint64) bool {
	if seq <= f.seq {
		return false
	}
	f.state, f.seq = s, seq
	if f.progress != nil && f.progress.Attempt < s.Attempt {
		f.progress = nil
	}
	return true
}

// learnProgress takes progress unless newer is known, or the job has ended.
func (f *facts) learnProgress(p job.Progress) bool {
	if f.state.Phase.Ended() || p.Epoch < f.state.Epoch || p.Attempt < f.state.Attempt {
		return false
	}
	if old := f.progress; old != nil && (p.Epoch < old.Epoch || p.Attempt < old.Attempt || !p.At.After(old.At)) {
		return false
	}
	f.progress = &p
	return true
}

// phase is where the job stands: progress comes sooner than the state that it
// runs.
func (f *facts) phase() job.Phase {
	switch f.state.Phase {
	case "", job.Queued, job.Submitted:
		if f.progress != nil {
			return job.Running
		}
	}
	return f.state.Phase
}

func (f *facts) ended() bool { return f.state.Phase.Ended() }

// waits reports that the queue has the job, as far as is known.
func (f *facts) waits() bool {
	switch f.phase() {
	case "", job.Queued, job.Submitted:
		return true
	}
	return false
}
