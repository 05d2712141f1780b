package discordsim

import (
	"net/url"
	"time"
)

// Events that only a record of everything wants to know.
const (
	SocketOpened EventKind = "socket_opened" // a session of the gateway has a socket; Text is the host that it asked
	SocketClosed EventKind = "socket_closed" // a socket of the gateway ended; Text as above
	AnswerHeld   EventKind = "answer_held"   // of Fault.Linger; Text is the host that was asked
	Marked       EventKind = "mark"          // of Mark; Text is its name
)

// host is what the client of a socket asked.
func (c *conn) host() string {
	u, err := url.Parse(c.base)
	if err != nil {
		return ""
	}
	return u.Host
}

// linger keeps the answer of a request that was done.
func (s *Server) linger(c *call, d time.Duration) {
	if d <= 0 {
		return
	}
	s.mu.Lock()
	s.publish(Event{Kind: AnswerHeld, Text: c.r.Host})
	s.mu.Unlock()
	s.pause(c.r.Context(), d)
}

// Repeat tells the next n interactions twice to every session, as Discord does at times.
func (s *Server) Repeat(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.twice = n
}

// times is how often the next interaction is told.
func (b *faultBox) times() int {
	if b.twice == 0 {
		return 1
	}
	b.twice--
	return 2
}

// SocketsOf are the sessions whose sockets asked one of the hosts, for SayGateway and its like.
func (s *Server) SocketsOf(hosts ...string) (sessions []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.gateway.conns {
		for _, host := range hosts {
			if c.session != nil && c.host() == host {
				sessions = append(sessions, c.session.id)
			}
		}
	}
	return sessions
}

// Mark tells a name to everybody who listens, so that a record of events has a place.
func (s *Server) Mark(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.publish(Event{Kind: Marked, Text: name})
}
