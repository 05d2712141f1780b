package board

import (
	"maps"
	"time"

	"discomfy/pkg/job"
)

const (
	// pastLife is how long a job's ticks are passed over after it was found to
	// be none of ours, or at its end.
	pastLife = 10 * time.Minute
	// pastSize bounds how many such jobs are remembered; forgetting costs a read.
	pastSize = 4096
)

func (b *Board) isPast(id job.ID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.past[id]
	return ok
}

// remember is called with mu held.
func (b *Board) remember(id job.ID) {
	if len(b.past) >= pastSize {
		oldest := time.Now().Add(-pastLife)
		maps.DeleteFunc(b.past, func(_ job.ID, since time.Time) bool { return since.Before(oldest) })
	}
	if len(b.past) >= pastSize {
		clear(b.past)
	}
	b.past[id] = time.Now()
}
