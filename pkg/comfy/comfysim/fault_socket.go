package comfysim

import (
	"bytes"
	"cmp"

	"github.com/gorilla/websocket"
)

// deliver writes a frame to a socket as the faults allow.
func (h *hub) deliver(s *socket, kind int, data []byte) {
	f := h.faults.frame(s.id, kind, s.count()+1)
	switch {
	case f.broken:
		h.mu.Lock()
		h.cut(s)
		h.mu.Unlock()
	case f.withheld || s.halfOpen.Load():
		s.skip()
	default:
		if f.oversized > 0 {
			s.write(websocket.TextMessage, padding(f.oversized))
		}
		s.write(kind, data[:f.length(kind, data)])
	}
}

// frameFault is what becomes of one frame.
type frameFault struct {
	broken, withheld, cut bool
	oversized             int // bytes of a frame before it
}

// frame decides about the n-th frame to a socket.
func (b *faultBox) frame(client string, kind, n int) (out frameFault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := &b.faults
	if f.Client != "" && f.Client != client {
		return out
	}
	out.withheld = f.Silence
	out.broken = f.DropEvery > 0 && n%f.DropEvery == 0
	if out.withheld || out.broken {
		return out
	}
	if takeOne(&f.OversizedNext) {
		out.oversized = cmp.Or(f.OversizedBytes, 64<<20)
	}
	if kind == websocket.TextMessage {
		out.cut = takeOne(&f.CorruptTextNext)
	} else {
		out.cut = takeOne(&f.CutBinaryNext)
	}
	return out
}

// length is how much of a frame is sent: half of a text that is cut, and six bytes of the binary header's eight.
func (f frameFault) length(kind int, data []byte) int {
	switch {
	case !f.cut:
		return len(data)
	case kind == websocket.TextMessage:
		return len(data) / 2
	}
	return min(len(data), 6)
}

// padding is a frame of n bytes, or a few more, that is well formed and means nothing.
func padding(n int) []byte {
	const head, tail = `{"type": "padding", "data": {"text": "`, `"}}`
	return append(append([]byte(head), bytes.Repeat([]byte("x"), max(n-len(head)-len(tail), 0))...), tail...)
}

// deafenNew makes a new socket deaf where the switch says so.
func (h *hub) deafenNew(s *socket) {
	b := h.faults
	b.mu.Lock()
	strikes := (b.faults.Client == "" || b.faults.Client == s.id) && takeOne(&b.faults.DeafNext)
	b.mu.Unlock()
	if strikes {
		h.deafen(s.id)
	}
}

// deafen removes the entry of an id, or all where id is "", and returns how many there were.
func (h *hub) deafen(id string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := len(h.table)
	if id != "" {
		h.unlist(id)
	} else {
		clear(h.table)
		clear(h.metadata)
		h.order = nil
	}
	return before - len(h.table)
}

// halve makes the sockets of an id half-open and returns how many.
func (h *hub) halve(id string) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.open {
		if !s.dropped && (id == "" || s.id == id) {
			s.halfOpen.Store(true)
			n++
		}
	}
	return n
}

// bury ends the half-open sockets of an id. It returns how many, when the server has noticed.
func (h *hub) bury(id string) int {
	h.mu.Lock()
	var dead []*socket
	for s := range h.open {
		if s.halfOpen.Load() && !s.dropped && (id == "" || s.id == id) {
			dead = append(dead, s)
		}
	}
	h.mu.Unlock()
	for _, s := range dead {
		s.bury()
		_ = s.conn.NetConn().Close()
		<-s.left
	}
	return len(dead)
}

// answers lets a socket answer pings and a close; a half-open one neither. Whoever gets the answer to a close finds
// the entry gone: ComfyUI's one event loop gives no client the time to come between.
func (h *hub) answers(s *socket) {
	pong, goodbye := s.conn.PingHandler(), s.conn.CloseHandler()
	s.conn.SetPingHandler(func(text string) error {
		if s.halfOpen.Load() {
			return nil
		}
		return pong(text)
	})
	s.conn.SetCloseHandler(func(code int, text string) error {
		if s.halfOpen.Load() {
			return nil
		}
		h.unlistOf(s)
		return goodbye(code, text)
	})
}

// linger takes what a half-open socket read for nothing; its end is not noticed until it is buried.
func (s *socket) linger(err error) error {
	if err != nil {
		<-s.buried
	}
	return err
}

func (s *socket) bury() { s.once.Do(func() { close(s.buried) }) }

func (s *socket) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

// skip counts a frame that the socket was to get.
func (s *socket) skip() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent++
}

// HalfOpen cuts the sockets of a client id ("" is everybody's) off without telling the server: it keeps them and
// their entries, and nothing flows any more, no pong and no answer to a close either, whatever the client does.
// EndHalfOpen lets them die. It returns how many sockets there were.
func (s *Server) HalfOpen(clientID string) int { return s.current().hub.halve(clientID) }

// EndHalfOpen lets the server notice that half-open sockets are dead; a newer socket of the same id is deaf then.
// It returns how many died, after they did.
func (s *Server) EndHalfOpen(clientID string) int { return s.current().hub.bury(clientID) }

// Deafen forgets the sockets of a client id ("" is everybody's), which stay open and answer pings, as when an older
// handler of that id ends. It returns how many there were.
func (s *Server) Deafen(clientID string) int { return s.current().hub.deafen(clientID) }

// ClearHistory forgets every prompt that has ended.
func (s *Server) ClearHistory() { s.current().forgetAll() }
