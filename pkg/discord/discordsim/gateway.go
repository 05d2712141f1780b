package discordsim

import (
	"cmp"
	"net/http"
	"time"
)

// Operations of the gateway.
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opIdentify       = 2
	opPresence       = 3
	opVoice          = 4
	opResume         = 6
	opReconnect      = 7
	opMembers        = 8
	opInvalidSession = 9
	opHello          = 10
	opHeartbeatAck   = 11
)

// Codes with which the gateway closes.
const (
	closeUnknown       = 4000
	closeOpcode        = 4001
	closeDecode        = 4002
	closeUnidentified  = 4003
	closeAuthenticate  = 4004
	closeIdentified    = 4005
	closeSequence      = 4007
	closeRateLimited   = 4008
	closeTimedOut      = 4009
	closeInvalidShard  = 4010
	closeShardRequired = 4011
	closeVersion       = 4012
	closeIntents       = 4013
	closeDisallowed    = 4014
)

// GatewayConfig is what tests may want other than Discord has it. Zero fields take Discord's values. Sockets live by
// the real clock: Advance neither kills them nor makes room for another IDENTIFY. Sessions and the daily budget live
// by Now.
type GatewayConfig struct {
	Heartbeat      time.Duration // 41.25 s
	IdentifyWindow time.Duration // 5 s: in it one IDENTIFY for each shard_id % Limits.Concurrency
	Sends          Bucket        // 120 in 60 s: frames of a client; more are closed with 4008
	ResumeFor      time.Duration // assumed 3 min: how long a session without a socket can be resumed
	Replay         int           // assumed 4096: events that a session keeps for that
	MaxGuilds      int           // 2500 a shard, documented
}

func (c GatewayConfig) withDefaults() GatewayConfig {
	c.Heartbeat = cmp.Or(c.Heartbeat, 41250*time.Millisecond)
	c.IdentifyWindow = cmp.Or(c.IdentifyWindow, 5*time.Second)
	c.Sends = cmp.Or(c.Sends, Bucket{120, time.Minute})
	c.ResumeFor = cmp.Or(c.ResumeFor, 3*time.Minute)
	c.Replay = cmp.Or(c.Replay, 4096)
	c.MaxGuilds = cmp.Or(c.MaxGuilds, 2500)
	return c
}

// GatewayStats counts what happened on the gateway.
type GatewayStats struct {
	Connects   int // sockets opened
	Identifies int // all of them; each costs one of the day's
	TooSoon    int // IDENTIFYs within the window of another one, answered with op 9
	Resumes    int // those that were granted
	Refused    int // RESUMEs that were not
	BadTokens  int // 4004
	Zombies    int // sockets closed with 4009: no heartbeat came
	Slow       int // sockets cut because their client did not read
	Events     int // dispatches, counted once for each session
	Unheard    int // dispatches that no session got
}

// gateway is the state of the gateway, guarded by Server.mu.
type gateway struct {
	cfg        GatewayConfig
	conns      map[*conn]struct{}
	sessions   map[string]*session
	identified map[int]time.Time // by shard_id % Limits.Concurrency, of the real clock
	day        time.Time         // when the budget began to be used
	used       int
	faults     GatewayFaults
	stats      GatewayStats
}

func newGateway(cfg GatewayConfig) gateway {
	return gateway{
		cfg: cfg.withDefaults(), conns: map[*conn]struct{}{}, sessions: map[string]*session{}, identified: map[int]time.Time{},
	}
}

func (s *Server) gatewayRoutes(mux *http.ServeMux) {
	for _, path := range []string{"GET /gateway", "GET /gateway/{$}", "GET /gateway/resume", "GET /gateway/resume/{$}"} {
		mux.HandleFunc(path, s.serveGateway)
	}
}

// startLimit is session_start_limit of GET /gateway/bot. Called with mu held.
func (s *Server) startLimit() Object {
	s.renewBudget()
	g := &s.gateway
	return Object{
		"total":           s.limits.Identify,
		"remaining":       max(s.limits.Identify-g.used, 0),
		"reset_after":     max(g.day.Add(24*time.Hour).Sub(s.Now()).Milliseconds(), 0),
		"max_concurrency": max(s.limits.Concurrency, 1),
	}
}

// renewBudget begins another day of IDENTIFYs where the last one is over. Called with mu held.
func (s *Server) renewBudget() {
	if now := s.Now(); now.Sub(s.gateway.day) >= 24*time.Hour {
		s.gateway.day, s.gateway.used = now, 0
	}
}

// GatewayStats tells what happened on the gateway so far.
func (s *Server) GatewayStats() GatewayStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gateway.stats
}
