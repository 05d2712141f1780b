package discordsim

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// session is a client of the gateway, with or without a socket. All of it is guarded by Server.mu.
type session struct {
	id       string
	shard    [2]int
	intents  int
	compress bool
	seq      int64   // of the last event
	events   []event // the last ones, oldest first
	sent     int64   // sequence number of the last event that was handed to the socket
	conn     *conn   // nil: none
	detached time.Time
	keep     int
	cdn      string // with which addresses of attachments begin for this client; "" for those that are Discord's
}

type event struct {
	seq   int64
	frame frame
}

// compressFrom is the size from which events are compressed for a client that asked for it.
const compressFrom = 1024

// control is a frame that is no event.
func control(op int, d any) frame {
	data, _ := json.Marshal(Object{"op": op, "d": d, "s": nil, "t": nil})
	return frame{data: data}
}

// dispatch adds an event to the session and sends it, if it has a socket that is not frozen. It reports whether a
// slow client was cut.
func (n *session) dispatch(name string, d json.RawMessage) (slow bool) {
	n.seq++
	if n.cdn != "" {
		d = bytes.ReplaceAll(bytes.ReplaceAll(d, []byte(cdnHost), []byte(n.cdn)), []byte(mediaHost), []byte(n.cdn))
	}
	n.events = append(n.events, event{n.seq, n.encode(name, d)})
	if len(n.events) > n.keep {
		n.events = slices.Delete(n.events, 0, len(n.events)-n.keep)
	}
	return n.flush()
}

// flush sends the events that the socket has not been given yet.
func (n *session) flush() (slow bool) {
	if n.conn == nil || n.conn.frozen || n.conn.leaving.Load() {
		return false
	}
	from, _ := slices.BinarySearchFunc(n.events, n.sent+1, func(e event, seq int64) int { return cmp.Compare(e.seq, seq) })
	for _, e := range n.events[from:] {
		if !n.conn.send(e.frame) {
			return true
		}
		n.sent = e.seq
	}
	return false
}

func (n *session) encode(name string, d json.RawMessage) frame {
	data := make([]byte, 0, len(d)+64)
	data = append(data, `{"t":"`+name+`","s":`...)
	data = strconv.AppendInt(data, n.seq, 10)
	data = append(data, `,"op":0,"d":`...)
	data = append(append(data, d...), '}')
	if !n.compress || len(data) < compressFrom {
		return frame{data: data}
	}
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write(data) // a buffer takes everything
	_ = z.Close()
	return frame{data: packed.Bytes(), binary: true}
}

// remembers reports whether all events after seq are still there.
func (n *session) remembers(seq int64) bool {
	return seq >= n.seq || len(n.events) > 0 && n.events[0].seq <= seq+1
}

// attach gives the session another socket and sends what came after seq, then RESUMED.
func (n *session) attach(c *conn, seq int64) {
	if n.conn != nil {
		n.conn.session = nil
		n.conn.end(closeUnknown, "The session was resumed elsewhere.")
	}
	n.conn, c.session, n.sent = c, n, seq
	n.dispatch("RESUMED", json.RawMessage(`{"_trace":["discordsim"]}`))
}

// detach takes the socket away, if it is the session's.
func (n *session) detach(c *conn, now time.Time) {
	if n.conn == c {
		n.conn, n.detached = nil, now
	}
	c.session = nil
}

// handles is the shard rule: a guild's events go to (guild >> 22) % shards, all others to shard 0.
func (n *session) handles(guild ID) bool {
	return int(uint64(guild)>>22%uint64(n.shard[1])) == n.shard[0]
}

// openSession grants an IDENTIFY.
func (s *Server) openSession(c *conn, id identification, shard [2]int) {
	n := &session{
		id: secret(32), shard: shard, intents: *id.Intents, compress: id.Compress, conn: c, keep: s.gateway.cfg.Replay,
	}
	if s.cfg.ByHost {
		n.cdn = "http://" + c.host()
	}
	c.session = n
	s.gateway.sessions[n.id] = n
	s.publish(Event{Kind: SocketOpened, Text: c.host()})
	ready, _ := json.Marshal(s.ready(n, c))
	n.dispatch("READY", ready)
}

// ready is the first event of a session.
func (s *Server) ready(n *session, c *conn) Object {
	w := s.world
	bot := w.users[w.app.Bot]
	guilds := []Object{}
	for _, g := range w.guilds {
		if g.Installed && n.handles(g.ID) {
			guilds = append(guilds, Object{"id": g.ID.String(), "unavailable": true})
		}
	}
	version, _ := strconv.Atoi(cmp.Or(c.version, "9"))
	return Object{
		"v": version, "session_id": n.id, "resume_gateway_url": c.base + "/resume", "shard": n.shard, "session_type": "normal",
		"user": Object{
			"id": bot.ID.String(), "username": bot.Name, "global_name": nil, "discriminator": "0", "avatar": nil, "bot": true,
			"verified": true, "mfa_enabled": true, "email": nil, "flags": 0,
		},
		"application": Object{"id": w.app.ID.String(), "flags": 0}, "guilds": guilds,
		"private_channels": []any{}, "relationships": []any{}, "presences": []any{}, "guild_join_requests": []any{},
		"user_settings": Object{}, "geo_ordered_rtc_regions": []string{}, "_trace": []string{"discordsim"},
	}
}

// guildsOf counts the guilds of a shard.
func (s *Server) guildsOf(shard [2]int) (count int) {
	n := session{shard: shard}
	for _, g := range s.world.guilds {
		if g.Installed && n.handles(g.ID) {
			count++
		}
	}
	return count
}

// dispatch sends an event of a guild (0: of a direct message) to every session of its shard, and tells how many
// there were. Called with mu held.
func (s *Server) dispatch(guild ID, name string, d json.RawMessage) (heard int) {
	s.forgetSessions()
	for _, n := range s.gateway.sessions {
		if !n.handles(guild) {
			continue
		}
		heard++
		if n.dispatch(name, d) {
			s.gateway.stats.Slow++
		}
	}
	s.gateway.stats.Events += heard
	if heard == 0 {
		s.gateway.stats.Unheard++
	}
	return heard
}

// forgetSessions drops those that were without a socket for too long. Called with mu held.
func (s *Server) forgetSessions() {
	now := s.Now()
	for id, n := range s.gateway.sessions {
		if n.conn == nil && now.Sub(n.detached) > s.gateway.cfg.ResumeFor {
			delete(s.gateway.sessions, id)
		}
	}
}
