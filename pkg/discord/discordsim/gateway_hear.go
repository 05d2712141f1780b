package discordsim

import (
	"encoding/json"
	"strings"
	"time"
)

// hear is one frame of a client.
func (s *Server) hear(c *conn, data []byte) {
	if s.tooMany(c) {
		s.misuse(c, closeRateLimited, "more frames than the gateway allows in a minute", nil)
		return
	}
	var f struct {
		Op *int            `json:"op"`
		D  json.RawMessage `json:"d"`
	}
	if len(data) > maxClientFrame || json.Unmarshal(data, &f) != nil || f.Op == nil {
		s.misuse(c, closeDecode, "a frame that is no JSON object with an op, or longer than 4096 bytes", data)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.frozen {
		c.lastBeat = time.Now() // what is not heard is not missed either
		return
	}
	switch *f.Op {
	case opHeartbeat:
		s.heartbeat(c, f.D)
	case opIdentify:
		s.identify(c, f.D)
	case opResume:
		s.resume(c, f.D)
	case opPresence, opVoice, opMembers:
		if c.session == nil {
			s.misused(c, closeUnidentified, "a frame before IDENTIFY", data)
		}
	default:
		s.misused(c, closeOpcode, "an unknown op", data)
	}
}

// tooMany counts a frame of the client.
func (s *Server) tooMany(c *conn) bool {
	limit := s.gateway.cfg.Sends
	now := time.Now()
	for len(c.recent) > 0 && now.Sub(c.recent[0]) >= limit.Per {
		c.recent = c.recent[1:]
	}
	c.recent = append(c.recent, now)
	return len(c.recent) > limit.Burst
}

// heartbeat notes that the client lives; d is the last sequence number that it saw, or null.
func (s *Server) heartbeat(c *conn, d json.RawMessage) {
	var seq *int64
	if json.Unmarshal(d, &seq) != nil {
		s.misused(c, closeDecode, "a heartbeat whose d is no sequence number", d)
		return
	}
	if seq != nil && c.session != nil && *seq > c.session.seq {
		s.misused(c, closeSequence, "a heartbeat from the future", d)
		return
	}
	c.lastBeat = time.Now()
	if !s.gateway.faults.NoAcks {
		c.send(control(opHeartbeatAck, nil))
	}
}

type identification struct {
	Token      string         `json:"token"`
	Properties map[string]any `json:"properties"`
	Compress   bool           `json:"compress"`
	Shard      *[2]int        `json:"shard"`
	Intents    *int           `json:"intents"`
}

// Intents: all that Discord knows, and those that the application was not granted.
const (
	knownIntents      = 1<<17 - 1 | 1<<20 | 1<<21 | 1<<24 | 1<<25
	privilegedIntents = 1<<1 | 1<<8 | 1<<15
)

// identify begins a session.
func (s *Server) identify(c *conn, d json.RawMessage) {
	var id identification
	err := json.Unmarshal(d, &id)
	shard := [2]int{0, 1}
	if id.Shard != nil {
		shard = *id.Shard
	}
	switch {
	case c.session != nil:
		s.misused(c, closeIdentified, "IDENTIFY in a session", d)
	case err != nil || len(id.Properties) == 0:
		s.misused(c, closeDecode, "an IDENTIFY without properties, or not as documented", d)
	case shard[1] < 1 || shard[0] < 0 || shard[0] >= shard[1]:
		s.misused(c, closeInvalidShard, "an invalid shard", d)
	case id.Intents == nil || *id.Intents&^knownIntents != 0:
		s.misused(c, closeIntents, "intents that are missing or unknown", d)
	case *id.Intents&privilegedIntents != 0:
		s.misused(c, closeDisallowed, "privileged intents that the application was not granted", d)
	default:
		s.grant(c, id, shard)
	}
}

// grant begins a session for a valid IDENTIFY, if token, budget, concurrency and shards allow.
func (s *Server) grant(c *conn, id identification, shard [2]int) {
	g := &s.gateway
	g.stats.Identifies++
	switch {
	case !s.knows(id.Token):
		g.stats.BadTokens++
		c.end(closeAuthenticate, "Authentication failed.")
	case !s.spend():
		s.violated("gateway", "more IDENTIFYs in a day than allowed: all sessions end and the token is reset", nil)
		s.resetToken()
	case s.answerOtherwise(c, &g.faults.AnswerIdentify):
	case s.tooSoon(shard[0]):
		g.stats.TooSoon++
		c.send(control(opInvalidSession, false))
	case s.guildsOf(shard) > g.cfg.MaxGuilds:
		c.end(closeShardRequired, "Sharding required.")
	default:
		s.openSession(c, id, shard)
	}
}

// knows reports whether a token is the bot's; "Bot " before it is allowed.
func (s *Server) knows(token string) bool {
	return s.cfg.Token != "" && !s.faults.revoked && strings.TrimPrefix(token, "Bot ") == s.cfg.Token
}

// spend takes one of the day's IDENTIFYs.
func (s *Server) spend() bool {
	s.renewBudget()
	s.gateway.used++
	return s.gateway.used <= s.limits.Identify
}

// tooSoon reports whether another IDENTIFY of the same key was granted within the window.
func (s *Server) tooSoon(shard int) bool {
	g := &s.gateway
	key := shard % max(s.limits.Concurrency, 1)
	last, ok := g.identified[key]
	if ok && time.Since(last) < g.cfg.IdentifyWindow {
		return true
	}
	g.identified[key] = time.Now()
	return false
}

// resetToken ends all sessions; the bot's token is worth nothing from here on.
func (s *Server) resetToken() {
	s.cfg.Token = ""
	for c := range s.gateway.conns {
		c.end(closeAuthenticate, "Authentication failed.")
	}
	clear(s.gateway.sessions)
}

// resume goes on with a session on another socket.
func (s *Server) resume(c *conn, d json.RawMessage) {
	var r struct {
		Token   string `json:"token"`
		Session string `json:"session_id"`
		Seq     *int64 `json:"seq"`
	}
	g := &s.gateway
	if err := json.Unmarshal(d, &r); err != nil || r.Seq == nil || c.session != nil {
		s.misused(c, closeDecode, "a RESUME that is not as documented", d)
		return
	}
	s.forgetSessions()
	session := g.sessions[r.Session]
	switch {
	case !s.knows(r.Token):
		g.stats.BadTokens++
		c.end(closeAuthenticate, "Authentication failed.")
	case s.answerOtherwise(c, &g.faults.AnswerResume):
		g.stats.Refused++
	case session == nil || !session.remembers(*r.Seq):
		g.stats.Refused++
		delete(g.sessions, r.Session)
		c.send(control(opInvalidSession, false))
	case *r.Seq > session.seq:
		delete(g.sessions, r.Session)
		s.misused(c, closeSequence, "a RESUME from the future", d)
	default:
		g.stats.Resumes++
		session.attach(c, *r.Seq)
		s.publish(Event{Kind: SocketOpened, Text: c.host()})
	}
}
