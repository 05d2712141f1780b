package comfysim

import (
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxClientFrame = 1 << 20
	writeWait      = 10 * time.Second
)

// socket is one WebSocket.
type socket struct {
	id      string
	conn    *websocket.Conn
	dropped bool // its end has had its effect on the table; guarded by the hub's lock

	halfOpen atomic.Bool   // the client is cut off, and the server does not know
	buried   chan struct{} // closed when a half-open socket dies
	left     chan struct{} // closed when the hub has let it go
	once     sync.Once

	mu   sync.Mutex // gorilla allows one writer
	sent int        // frames written
	done int        // what the handler has done: 1 for the welcome, 1 for each message
}

// write sends a frame; a socket that cannot take it within writeWait is closed.
func (s *socket) write(kind int, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeWait))
	if err := s.conn.WriteMessage(kind, data); err != nil {
		_ = s.conn.NetConn().Close()
	}
	s.sent++
}

func (s *socket) step() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done++
}

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	p := s.current()
	sock := p.accept(w, r)
	if sock == nil {
		return
	}
	defer sock.conn.Close()
	defer p.hub.leave(sock)
	s.log.DebugContext(r.Context(), "socket opened", "client_id", sock.id)
	s.readSocket(p, sock)
	s.log.DebugContext(r.Context(), "socket closed", "client_id", sock.id)
}

// accept makes a socket of a request and welcomes it; nil where that fails or the server is ending.
func (p *process) accept(w http.ResponseWriter, r *http.Request) *socket {
	p.hub.opening.RLock()
	defer p.hub.opening.RUnlock()
	up := websocket.Upgrader{
		HandshakeTimeout: writeWait,
		CheckOrigin:      func(*http.Request) bool { return true }, // sameOrigin has looked already
	}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return nil // Upgrade has answered
	}
	conn.SetReadLimit(maxClientFrame)
	sock := &socket{id: r.URL.Query().Get("clientId"), conn: conn, buried: make(chan struct{}), left: make(chan struct{})}
	p.hub.answers(sock)
	if !p.hub.join(sock) {
		conn.Close()
		return nil
	}
	p.welcome(sock)
	p.hub.deafenNew(sock)
	sock.step()
	return sock
}

// welcome sends what a new socket gets: the status, and the node that runs where the run is this client's.
func (p *process) welcome(s *socket) {
	p.hub.direct(s.id, "status", obj("status", p.queueInfo(), "sid", s.id))
	if node, client := p.executing(); node != "" && client == s.id {
		p.hub.direct(s.id, "executing", obj("node", node))
	}
}

// readSocket reads until the client ends. Only the first message may announce features.
func (s *Server) readSocket(p *process, sock *socket) {
	for first := true; ; first = false {
		_, data, err := sock.conn.ReadMessage()
		if sock.halfOpen.Load() {
			err = sock.linger(err)
		}
		if err != nil {
			return
		}
		if first {
			s.exchangeFeatures(p, sock, data)
		}
		sock.step()
	}
}

func (s *Server) exchangeFeatures(p *process, sock *socket, data []byte) {
	var m struct {
		Type string `json:"type"`
		Data struct {
			PreviewMetadata bool `json:"supports_preview_metadata"`
		} `json:"data"`
	}
	if json.Unmarshal(data, &m) != nil || m.Type != "feature_flags" {
		return
	}
	p.hub.announce(sock.id, m.Data.PreviewMetadata)
	p.hub.direct(sock.id, "feature_flags", s.catalog.facts.get("features"))
}
