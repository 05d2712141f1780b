package board

import (
	"context"
	"time"

	"discomfy/pkg/job"
)

const (
	// askBridge is how often it is asked whether a bridge is there.
	askBridge = 3 * time.Second
	// absences is how often in a row it has to be absent to be offline: a
	// standby takes over within a lease.
	absences = 3
)

// watchBridge learns whether somebody serves the queue, until ctx ends.
func (b *Board) watchBridge(ctx context.Context) {
	tick := time.NewTicker(askBridge)
	defer tick.Stop()
	for absent := 0; ; {
		_, err := b.cfg.Broker.Status(ctx, b.cfg.Queue)
		switch {
		case err == nil:
			absent = 0
		case job.CodeOf(err) == job.CodeBridgeOffline:
			absent++
		}
		if b.queue.learnOffline(absent >= absences) {
			b.tellPlaces()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// learnOffline reports whether that is new.
func (q *queue) learnOffline(offline bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	changed := q.offline != offline
	q.offline = offline
	return changed
}

// Offline reports that no bridge serves the queue.
func (b *Board) Offline() bool {
	b.queue.mu.Lock()
	defer b.queue.mu.Unlock()
	return b.queue.offline
}

// tellPlaces tells every card the place of its job.
func (b *Board) tellPlaces() {
	for _, k := range b.open() {
		k.placed(b.queue.place(k.id))
	}
}
