package broker

import (
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/job"
)

// rememberDone bounds how many finished messages are remembered, so that a
// redelivery that was on its way when its job was acknowledged is not taken
// for a new job.
const rememberDone = 4096

// holdings are the jobs that a term holds, with the newest ack handle of each.
type holdings struct {
	mu   sync.Mutex
	jobs map[job.ID]*holding
	done map[uint64]bool // stream sequences of acknowledged messages
	ring []uint64        // the same in order of time
}

type holding struct {
	seq     uint64 // of the message in the stream
	handle  jetstream.Msg
	ended   bool // its terminal state, or its move, is stored
	leaving bool // Done was called: a redelivery is acknowledged at once
}

// arrival says what a message from the queue is to a term.
type arrival int

const (
	fresh    arrival = iota // a job that is not held
	repeated                // the message of a held job: its handle was replaced
	finished                // the message of a job that is to leave, or has left
	second                  // another message for a held job
)

func newHoldings() *holdings {
	return &holdings{jobs: make(map[job.ID]*holding), done: make(map[uint64]bool)}
}

func (h *holdings) add(id job.ID, seq uint64, handle jetstream.Msg) arrival {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.done[seq] {
		return finished
	}
	held, ok := h.jobs[id]
	switch {
	case !ok:
		h.jobs[id] = &holding{seq: seq, handle: handle}
		return fresh
	case held.seq != seq:
		return second
	}
	held.handle = handle
	if held.leaving {
		return finished
	}
	return repeated
}

// get is a copy of what is held of a job.
func (h *holdings) get(id job.ID) (holding, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	held, ok := h.jobs[id]
	if !ok {
		return holding{}, false
	}
	return *held, true
}

// change edits what is held of a job, if it is.
func (h *holdings) change(id job.ID, edit func(*holding)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if held, ok := h.jobs[id]; ok {
		edit(held)
	}
}

// remove forgets a job whose message was acknowledged.
func (h *holdings) remove(id job.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	held, ok := h.jobs[id]
	if !ok {
		return
	}
	delete(h.jobs, id)
	h.done[held.seq] = true
	h.ring = append(h.ring, held.seq)
	if len(h.ring) > rememberDone {
		delete(h.done, h.ring[0])
		h.ring = h.ring[1:]
	}
}
