package comfysim

import (
	"context"
	"maps"
	"slices"
	"time"
)

// SetPace replaces the passing of time; call it before Run.
func (s *Server) SetPace(pace func(ctx context.Context, d time.Duration) error) { s.pace = pace }

// SetArrange replaces the order of output nodes. The function is called by handlers.
func (s *Server) SetArrange(arrange func([]string) []string) { s.arrange = arrange }

// SetNumber sets the number of the next prompt.
func (s *Server) SetNumber(n int) {
	q := s.current().queue
	q.mu.Lock()
	defer q.mu.Unlock()
	q.counter = n
}

// Idle reports that the executor waits for a prompt and there is none.
func (s *Server) Idle() bool {
	q := s.current().queue
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.idle && len(q.waiting) == 0 && q.running == nil
}

// Settled reports that every frame that was queued is written.
func (s *Server) Settled() bool {
	h := s.current().hub
	return h.written.Load() == h.queued.Load()
}

// SocketState is what the server did for one socket.
type SocketState struct {
	Sent int // frames written
	Done int // 1 for the welcome, 1 for each message handled
}

// Socket is the state of the socket whose client has that address; false when it is gone.
func (s *Server) Socket(addr string) (SocketState, bool) {
	h := s.current().hub
	h.mu.Lock()
	defer h.mu.Unlock()
	for sock := range h.open {
		if sock.conn.RemoteAddr().String() == addr {
			sock.mu.Lock()
			defer sock.mu.Unlock()
			return SocketState{sock.sent, sock.done}, true
		}
	}
	return SocketState{}, false
}

// Commands are the names of the faults that happen once.
func Commands() []string {
	return slices.Collect(maps.Keys((&Server{}).commands()))
}
