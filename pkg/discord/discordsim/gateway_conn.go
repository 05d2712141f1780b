package discordsim

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxClientFrame = 4096 // bytes, documented: a longer one is answered with 4002
	maxOut         = 8192 // frames that wait for a client to read
	writeWait      = 10 * time.Second
	byeWait        = time.Second // for the client's half of the closing handshake
)

// conn is one socket. Its reader is the handler of the request, its writer a goroutine.
type conn struct {
	ws       *websocket.Conn
	version  string
	base     string // ws://host/gateway, as the client reached it
	out      chan frame
	left     chan struct{} // closed when the reader has ended
	leaving  atomic.Bool   // a close frame waits or was sent
	started  time.Time
	lastBeat time.Time   // the reader's
	recent   []time.Time // frames of the client in Sends.Per; the reader's

	session *session // guarded by Server.mu; nil before IDENTIFY or RESUME
	frozen  bool     // guarded by Server.mu: nothing comes and nothing is heard
}

// frame is what the writer sends: data, or where code is set the end.
type frame struct {
	data   []byte
	binary bool
	code   int
	text   string
}

// send hands a frame to the writer. A client that does not read is cut. It reports whether there was room.
func (c *conn) send(f frame) bool {
	select {
	case c.out <- f:
		return true
	default:
		c.cut()
		return false
	}
}

// end closes the socket with a code, after what waits to be sent.
func (c *conn) end(code int, text string) {
	if c.leaving.CompareAndSwap(false, true) {
		c.send(frame{code: code, text: text})
	}
}

// cut breaks the connection without a close frame.
func (c *conn) cut() { _ = c.ws.NetConn().Close() }

// write sends frames until the reader has ended or the server does.
func (c *conn) write(done <-chan struct{}) {
	for {
		select {
		case f := <-c.out:
			if c.put(f) != nil {
				c.cut()
				return
			}
		case <-c.left:
			return
		case <-done:
			_ = c.put(frame{code: websocket.CloseGoingAway})
			c.cut()
			return
		}
	}
}

func (c *conn) put(f frame) error {
	_ = c.ws.SetWriteDeadline(time.Now().Add(writeWait))
	if f.code != 0 {
		defer func() { _ = c.ws.SetReadDeadline(time.Now().Add(byeWait)) }()
		return c.ws.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(f.code, f.text))
	}
	kind := websocket.TextMessage
	if f.binary {
		kind = websocket.BinaryMessage
	}
	return c.ws.WriteMessage(kind, f.data)
}

func (s *Server) serveGateway(w http.ResponseWriter, r *http.Request) {
	if !s.gatewayUp() {
		http.Error(w, "the gateway is down", http.StatusServiceUnavailable)
		return
	}
	up := websocket.Upgrader{HandshakeTimeout: writeWait, CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	defer ws.Close()
	ws.SetReadLimit(1 << 20) // a frame over maxClientFrame has an answer; one over this has none
	c := &conn{
		ws: ws, version: r.URL.Query().Get("v"), base: "ws://" + r.Host + "/gateway", out: make(chan frame, maxOut),
		left: make(chan struct{}), started: time.Now(), lastBeat: time.Now(),
	}
	if !s.joinGateway(c) {
		return
	}
	defer s.wg.Done()
	s.wg.Go(func() { c.write(s.done) })
	s.greet(c, r)
	err = s.readGateway(c)
	s.leaveGateway(c, err)
	close(c.left)
}

// joinGateway enters a socket; false where the server is ending.
func (s *Server) joinGateway(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.wg.Add(1)
	s.gateway.conns[c] = struct{}{}
	s.gateway.stats.Connects++
	return true
}

// greet says HELLO, or refuses what the address asks for.
func (s *Server) greet(c *conn, r *http.Request) {
	q := r.URL.Query()
	switch {
	case q.Get("v") != "" && q.Get("v") != "9" && q.Get("v") != "10":
		s.misuse(c, closeVersion, "invalid API version", []byte(r.URL.String()))
	case q.Get("encoding") != "" && q.Get("encoding") != "json", q.Get("compress") != "":
		s.misuse(c, closeDecode, "this fake speaks plain JSON only", []byte(r.URL.String()))
	default:
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.gateway.faults.NoHello {
			c.send(control(opHello, Object{"heartbeat_interval": s.gateway.cfg.Heartbeat.Milliseconds(), "_trace": []string{"discordsim"}}))
		}
	}
}

// readGateway hears the client until its socket ends. A client whose heartbeats stay away for two intervals is closed.
func (s *Server) readGateway(c *conn) error {
	patience := 2 * s.gateway.cfg.Heartbeat
	for {
		if !c.leaving.Load() {
			_ = c.ws.SetReadDeadline(c.lastBeat.Add(patience))
		}
		_, data, err := c.ws.ReadMessage()
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			s.zombie(c)
			return err
		}
		if err != nil {
			return err
		}
		if !c.leaving.Load() {
			s.hear(c, data)
		}
	}
}

// zombie ends a socket from which no heartbeat came. gorilla reads no more after a deadline, so nothing is waited for.
func (s *Server) zombie(c *conn) {
	if c.leaving.Load() {
		return // its close frame was sent and not answered
	}
	c.leaving.Store(true)
	s.mu.Lock()
	s.gateway.stats.Zombies++
	if c.session != nil {
		delete(s.gateway.sessions, c.session.id)
	}
	s.mu.Unlock()
	message := websocket.FormatCloseMessage(closeTimedOut, "Session timed out.")
	_ = c.ws.WriteControl(websocket.CloseMessage, message, time.Now().Add(byeWait))
}

// leaveGateway forgets a socket. Its session can be resumed unless the client said good-bye with 1000 or 1001.
func (s *Server) leaveGateway(c *conn, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.gateway.conns, c)
	s.publish(Event{Kind: SocketClosed, Text: c.host()})
	if c.session == nil {
		return
	}
	if websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway) && !c.leaving.Load() {
		delete(s.gateway.sessions, c.session.id)
	}
	c.session.detach(c, s.Now())
}

// misuse closes a socket whose client broke a rule of the protocol, and notes it.
func (s *Server) misuse(c *conn, code int, rule string, excerpt []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.misused(c, code, rule, excerpt)
}

// misused is misuse with mu held.
func (s *Server) misused(c *conn, code int, rule string, excerpt []byte) {
	s.violated("gateway", rule, redact(excerpt, s.cfg.Token))
	c.end(code, rule)
}

// redact keeps a token out of a log.
func redact(b []byte, token string) []byte {
	return []byte(strings.ReplaceAll(string(b), token, "…"))
}
