package broker

import (
	"slices"
	"time"

	"discomfy/pkg/job"
)

// maxStates is how many states may wait for a receiver before no more are read
// from the stream.
const maxStates = 256

// boxKey says what a live update replaces.
type boxKey struct {
	kind Kind
	job  job.ID // zero for a snapshot
}

// mailbox is what waits for a follower's receiver: all states, and of
// everything live the newest.
type mailbox struct {
	states []job.State
	live   map[boxKey]Update
	order  []boxKey // of live, oldest first

	epoch uint64 // of the newest snapshot
	at    time.Time
}

func newMailbox() mailbox { return mailbox{live: make(map[boxKey]Update)} }

func (m *mailbox) crowded() bool { return len(m.states) >= maxStates }

func (m *mailbox) put(k boxKey, u Update) {
	if _, waits := m.live[k]; !waits {
		m.order = append(m.order, k)
	}
	m.live[k] = u
}

func (m *mailbox) forget(k boxKey) {
	delete(m.live, k)
	m.order = slices.DeleteFunc(m.order, func(o boxKey) bool { return o == k })
}

// snapshot takes a snapshot that is newer than the last one: what is read from
// the stream may have come live before.
func (m *mailbox) snapshot(s job.Snapshot) {
	if s.Epoch < m.epoch || s.Epoch == m.epoch && !s.At.After(m.at) {
		return
	}
	m.epoch, m.at = s.Epoch, s.At
	m.put(boxKey{kind: KindQueue}, Update{Snapshot: &s})
}

// next is what goes out next, states first.
func (m *mailbox) next() (Update, bool) {
	if len(m.states) > 0 {
		return Update{State: &m.states[0]}, true
	}
	if len(m.order) == 0 {
		return Update{}, false
	}
	return m.live[m.order[0]], true
}

// drop removes what next returned, after it went out.
func (m *mailbox) drop() {
	if len(m.states) > 0 {
		m.states = m.states[1:]
		return
	}
	delete(m.live, m.order[0])
	m.order = m.order[1:]
}
