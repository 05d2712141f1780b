package comfysim

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"sync/atomic"

	"github.com/gorilla/websocket"
)

// maxFrames bounds the frames that wait to be sent; whoever sends more waits.
const maxFrames = 4096

// frame is one WebSocket message for a client id; "" is everybody.
type frame struct {
	to     string
	binary bool
	data   []byte
}

// hub routes frames by client id with ComfyUI's table, whose flaw makes a reconnect deaf: the end of a socket
// removes the entry of its id, whoever owns it by then.
type hub struct {
	mu       sync.Mutex
	table    map[string]*socket
	order    []string        // of the table, as broadcasts go
	metadata map[string]bool // ids whose feature_flags announced supports_preview_metadata
	open     map[*socket]struct{}
	closed   bool
	handlers sync.WaitGroup

	// opening is read-locked from the handshake to the welcome, as nothing comes between them in ComfyUI's one
	// event loop: a client that is connected misses nothing, and hears its welcome first.
	opening sync.RWMutex

	faults *faultBox

	frames          chan frame
	queued, written atomic.Int64 // frames accepted, and done with
}

func newHub(faults *faultBox) *hub {
	return &hub{
		table: map[string]*socket{}, metadata: map[string]bool{}, open: map[*socket]struct{}{},
		faults: faults, frames: make(chan frame, maxFrames),
	}
}

// publish writes the frames one after another, so that a slow reader delays every client, as in ComfyUI. It
// returns when ctx ends.
func (h *hub) publish(ctx context.Context) error {
	for {
		select {
		case f := <-h.frames:
			h.opening.Lock()
			receivers := h.receivers(f.to)
			h.opening.Unlock()
			h.write(f, receivers)
			h.written.Add(1)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (h *hub) write(f frame, to []*socket) {
	kind := websocket.TextMessage
	if f.binary {
		kind = websocket.BinaryMessage
	}
	for _, s := range to {
		h.deliver(s, kind, f.data)
	}
}

func (h *hub) receivers(id string) []*socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	if id != "" {
		if s := h.table[id]; s != nil {
			return []*socket{s}
		}
		return nil
	}
	list := make([]*socket, 0, len(h.order))
	for _, id := range h.order {
		list = append(list, h.table[id])
	}
	return list
}

// send queues an event for a client id, "" for everybody.
func (h *hub) send(ctx context.Context, to, event string, data any) {
	h.queue(ctx, frame{to: to, data: eventJSON(event, data)})
}

func (h *hub) queue(ctx context.Context, f frame) {
	h.queued.Add(1)
	select {
	case h.frames <- f:
	case <-ctx.Done():
	}
}

// direct writes an event past the queue, as the handler of a new socket does. It too goes by the table.
func (h *hub) direct(to, event string, data any) {
	h.write(frame{data: eventJSON(event, data)}, h.receivers(to))
}

func eventJSON(event string, data any) []byte { return encode(obj("type", event, "data", data)) }

// join enters a socket into the table, over a former one of the same id. false means that the server is ending.
func (h *hub) join(s *socket) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	if s.id == "" {
		s.id = newSID()
	}
	h.unlist(s.id)
	h.table[s.id] = s
	h.order = append(h.order, s.id)
	h.metadata[s.id] = false
	h.open[s] = struct{}{}
	h.handlers.Add(1)
	return true
}

// unlistOf removes the entry of the socket's id, once.
func (h *hub) unlistOf(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !s.dropped {
		h.unlist(s.id)
	}
	s.dropped = true
}

// leave removes the entry of the socket's id, even where it is a newer socket's.
func (h *hub) leave(s *socket) {
	h.unlistOf(s)
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.open, s)
	close(s.left)
	h.handlers.Done()
}

func (h *hub) unlist(id string) {
	if _, ok := h.table[id]; !ok {
		return
	}
	delete(h.table, id)
	delete(h.metadata, id)
	for i, o := range h.order {
		if o == id {
			h.order = append(h.order[:i:i], h.order[i+1:]...)
			return
		}
	}
}

func (h *hub) announce(id string, previewMetadata bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.metadata[id] = previewMetadata
}

func (h *hub) wantsMetadata(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.metadata[id]
}

// drop closes the connections of a client id, or of all where id is "", without a close frame. The server has
// noticed when drop returns: a socket that is opened in answer is not deaf.
func (h *hub) drop(id string) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.open {
		if !s.dropped && (id == "" || s.id == id) { // one that was dropped may not have left yet
			h.cut(s)
			n++
		}
	}
	return n
}

// cut breaks a socket, for callers who hold the lock. The entry of its id goes only where it is its own.
func (h *hub) cut(s *socket) {
	s.dropped = true
	if h.table[s.id] == s {
		h.unlist(s.id)
	}
	s.bury()
	_ = s.conn.NetConn().Close()
}

// close drops all sockets, refuses new ones and waits for their handlers.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.drop("")
	h.handlers.Wait()
}

// newSID is the id that ComfyUI gives a client without one: 32 hexadecimal digits.
func newSID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
