package discordsim

import "slices"

// GatewayFaults are what goes wrong on the gateway as long as they are set.
type GatewayFaults struct {
	NoAcks  bool // heartbeats are heard and not acknowledged
	NoHello bool // a socket opens, and nothing comes
	Down    bool // sockets are refused with 503
	// AnswerResume and AnswerIdentify are the answers to the next ones, one each, instead of what was asked for.
	AnswerResume, AnswerIdentify []GatewayAnswer
}

// GatewayAnswer is what the gateway says on demand.
type GatewayAnswer int

// The answers.
const (
	AsAsked          GatewayAnswer = iota // no fault this time
	Reconnect                             // op 7
	InvalidResume                         // op 9, d true: the session can be resumed
	InvalidForGood                        // op 9, d false: it cannot
	CloseWithoutWord                      // the connection breaks
	Silence                               // nothing comes, ever
)

// FaultGateway changes the faults of the gateway.
func (s *Server) FaultGateway(change func(*GatewayFaults)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.gateway.faults)
}

func (s *Server) gatewayUp() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.gateway.faults.Down
}

// answerOtherwise gives the next of the answers that a fault ordered, and reports whether there was one.
func (s *Server) answerOtherwise(c *conn, orders *[]GatewayAnswer) bool {
	if len(*orders) == 0 {
		return false
	}
	order := (*orders)[0]
	*orders = (*orders)[1:]
	s.say(c, order)
	return order != AsAsked
}

// say sends one of the answers. Called with mu held.
func (s *Server) say(c *conn, answer GatewayAnswer) {
	switch answer {
	case Reconnect:
		c.send(control(opReconnect, nil))
	case InvalidResume:
		c.send(control(opInvalidSession, true))
	case InvalidForGood:
		if c.session != nil {
			delete(s.gateway.sessions, c.session.id)
		}
		c.send(control(opInvalidSession, false))
	case CloseWithoutWord:
		c.cut()
	case Silence:
		c.frozen = true
	case AsAsked:
	}
}

// SessionInfo is a session of the gateway.
type SessionInfo struct {
	ID        string
	Shard     [2]int
	Seq       int64 // of its last event
	Connected bool
	Frozen    bool
}

// Sessions are those that live or can be resumed, ordered by id.
func (s *Server) Sessions() []SessionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgetSessions()
	var out []SessionInfo
	for _, n := range s.gateway.sessions {
		out = append(out, SessionInfo{n.id, n.shard, n.seq, n.conn != nil, n.conn != nil && n.conn.frozen})
	}
	slices.SortFunc(out, func(a, b SessionInfo) int { return slices.Compare([]byte(a.ID), []byte(b.ID)) })
	return out
}

// SayGateway sends an answer unasked to the sockets of the sessions named, or of all where none is: a request to
// reconnect, an invalid session, a broken connection. Silence freezes a session until Thaw or until it is resumed
// on another socket: events wait, heartbeats are not heard. It tells to how many.
func (s *Server) SayGateway(answer GatewayAnswer, sessions ...string) int {
	return s.eachConn(sessions, func(c *conn) { s.say(c, answer) })
}

// DropSockets breaks connections without a close frame.
func (s *Server) DropSockets(sessions ...string) int {
	return s.SayGateway(CloseWithoutWord, sessions...)
}

// CloseSockets closes with a code. 1000 and 1001, and those codes after which Discord wants a new session, end it.
func (s *Server) CloseSockets(code int, sessions ...string) int {
	final := []int{1000, 1001, closeAuthenticate, closeSequence, closeTimedOut, closeInvalidShard, closeShardRequired, closeVersion, closeIntents, closeDisallowed}
	return s.eachConn(sessions, func(c *conn) {
		if slices.Contains(final, code) {
			delete(s.gateway.sessions, c.session.id)
		}
		c.end(code, "")
	})
}

// AskHeartbeat sends op 1, which a client has to answer at once.
func (s *Server) AskHeartbeat(sessions ...string) int {
	return s.eachConn(sessions, func(c *conn) { c.send(control(opHeartbeat, nil)) })
}

// Thaw ends Silence and sends what waited.
func (s *Server) Thaw(sessions ...string) int {
	return s.eachConn(sessions, func(c *conn) {
		c.frozen = false
		c.session.flush()
	})
}

// eachConn does something to the sockets of the sessions named, or of all.
func (s *Server) eachConn(sessions []string, do func(*conn)) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.gateway.conns {
		if c.session != nil && (len(sessions) == 0 || slices.Contains(sessions, c.session.id)) {
			do(c)
			n++
		}
	}
	return n
}
