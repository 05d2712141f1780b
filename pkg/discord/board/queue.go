package board

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"discomfy/pkg/job"
)

// queue is the newest order of the queue, and what each new order says about
// who has passed whom.
type queue struct {
	mu       sync.Mutex
	snapshot job.Snapshot
	places   map[job.ID]place
	raised   map[job.ID]bool // of those that wait
	offline  bool            // no bridge serves the queue
}

// followQueue keeps the order, and tells the cards of their places.
func (b *Board) followQueue(ctx context.Context) error {
	updates, err := b.cfg.Broker.Follow(ctx, b.cfg.Queue)
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("follow the queue: %w", err)
	}
	if err != nil {
		return nil
	}
	for u := range updates {
		if u.Snapshot == nil {
			continue
		}
		b.queue.learn(*u.Snapshot)
		b.tellPlaces()
	}
	return nil
}

// Snapshot is the newest order that this Board has heard of.
func (b *Board) Snapshot() job.Snapshot {
	b.queue.mu.Lock()
	defer b.queue.mu.Unlock()
	return b.queue.snapshot
}

// Place is where a job stands in that order: its place counted from 1, of how
// many, and when it should begin.
func (b *Board) Place(id job.ID) (position, of int, start time.Time) {
	p := b.queue.place(id)
	return p.Position, p.Of, p.Start
}

func (q *queue) place(id job.ID) place {
	q.mu.Lock()
	defer q.mu.Unlock()
	p := q.places[id]
	p.Server, p.Offline = q.snapshot.Server, q.offline
	return p
}

// learn takes a new order.
func (q *queue) learn(s job.Snapshot) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.raised = raised(q.snapshot.Waiting, s.Waiting, q.raised)
	q.snapshot = s
	q.places = make(map[job.ID]place, len(s.Running)+len(s.Waiting))
	of := len(s.Running) + len(s.Waiting)
	for i, p := range s.Running {
		q.places[p.Job] = place{Position: i + 1, Of: of}
	}
	for i, p := range s.Waiting {
		at := place{Position: len(s.Running) + i + 1, Of: of, Raised: q.raised[p.Job]}
		if p.Seconds > 0 {
			at.Start = s.At.Add(time.Duration(p.Seconds * float64(time.Second)))
		}
		q.places[p.Job] = at
	}
}

// raised finds the jobs that fair share has let pass others: somebody behind
// them was before them, or was there when they were not. Once raised a job
// stays so while it waits.
func raised(before, now []job.Place, already map[job.ID]bool) map[job.ID]bool {
	was := make(map[job.ID]int, len(before))
	for i, p := range before {
		was[p.Job] = i
	}
	out := map[job.ID]bool{}
	first := math.MaxInt // the foremost former place of those behind
	for _, p := range slices.Backward(now) {
		id := p.Job
		mine, known := was[id]
		if already[id] || (first < math.MaxInt && (!known || first < mine)) {
			out[id] = true
		}
		if known {
			first = min(first, mine)
		}
	}
	return out
}
