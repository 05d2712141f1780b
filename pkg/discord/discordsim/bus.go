package discordsim

import (
	"context"
	"sync/atomic"
	"time"
)

// EventKind says what happened.
type EventKind string

// What the bus tells.
const (
	MessageCreated      EventKind = "message_created"
	MessageUpdated      EventKind = "message_updated"
	MessageDeleted      EventKind = "message_deleted"
	InteractionCreated  EventKind = "interaction_created"  // a person did something
	InteractionAnswered EventKind = "interaction_answered" // the first answer: message, deferral, modal, choices
	InteractionFailed   EventKind = "interaction_failed"   // three seconds went by; told when somebody looks
	CommandsChanged     EventKind = "commands_changed"
	WorldChanged        EventKind = "world_changed" // users, guilds, channels, permissions
	ViolationFound      EventKind = "violation"
)

// Event is one change of the world. Message and Interaction may be kept; nobody changes them.
type Event struct {
	Kind        EventKind    `json:"kind"`
	At          time.Time    `json:"at"`
	Guild       ID           `json:"guild,omitempty"`
	Channel     ID           `json:"channel,omitempty"`
	Message     *Message     `json:"message,omitempty"`     // of message events; the last state of a deleted one
	Interaction *Interaction `json:"interaction,omitempty"` // a copy, of interaction events
	Text        string       `json:"text,omitempty"`        // of a violation
}

// Subscription receives the events of a Server until it is closed.
type Subscription struct {
	// C is never closed; see Subscribe for its bound.
	C       <-chan Event
	c       chan Event
	dropped atomic.Int64
	server  *Server
}

// Subscribe tells all later events. At most size of them wait; more are dropped and counted.
func (s *Server) Subscribe(size int) *Subscription {
	c := make(chan Event, max(size, 1))
	sub := &Subscription{C: c, c: c, server: s}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subs[sub] = struct{}{}
	return sub
}

// Dropped is the number of events that the subscriber was too slow for.
func (u *Subscription) Dropped() int64 { return u.dropped.Load() }

// Close ends the subscription; C stays open and silent.
func (u *Subscription) Close() {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	delete(u.server.subs, u)
}

// publish tells an event to every subscriber and wakes every Await. Called with mu held.
func (s *Server) publish(e Event) {
	e.At = s.Now()
	for sub := range s.subs {
		select {
		case sub.c <- e:
		default:
			sub.dropped.Add(1)
		}
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// Await returns nil as soon as ok does, which is asked now, after every event, and a few times a second because time
// is no event. ok may call any exported method of Server. The error is that of ctx.
func (s *Server) Await(ctx context.Context, ok func() bool) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if ok() {
			return nil
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
