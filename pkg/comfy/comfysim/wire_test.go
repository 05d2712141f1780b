package comfysim_test

import (
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// wire is one WebSocket of a recording.
type wire struct {
	conn     *websocket.Conn
	frames   chan frame
	received int
	sent     int
	inbox    []frame
	early    []frame // status frames that came before their row; see nextFor
	last     int     // queue_remaining of the last status
	ended    bool    // the last frame told the end of a run, so a status follows
	// requests done whose status has not come yet
	added, taken int
}

type frame struct {
	binary bool
	data   []byte
}

// settle takes in all that the server has sent.
func (w *walker) settle() {
	w.t.Helper()
	w.poll("frames are on their way for ever", w.server.Settled)
	for _, c := range w.conns {
		w.poll("a frame that was sent does not arrive", func() bool {
			for len(c.frames) > 0 {
				c.inbox = append(c.inbox, <-c.frames)
				c.received++
			}
			state, open := w.server.Socket(c.conn.LocalAddr().String())
			return !open || state.Sent == c.received
		})
	}
}

// next is the next frame of a connection; false when none comes before the server rests.
func (w *walker) next(c *wire) (frame, bool) {
	for {
		standing := w.hold() // the executor tells nothing now
		w.settle()
		if len(c.inbox) > 0 {
			f := c.inbox[0]
			c.inbox = c.inbox[1:]
			return f, true
		}
		if !standing {
			return frame{}, false
		}
		w.grant()
	}
}

func (w *walker) open(name string, clientID *string) {
	w.t.Helper()
	target := strings.Replace(w.base, "http", "ws", 1) + "/ws"
	if clientID != nil {
		target += "?clientId=" + *clientID
	}
	conn, answer, err := websocket.DefaultDialer.DialContext(w.t.Context(), target, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	answer.Body.Close()
	c := &wire{conn: conn, frames: make(chan frame, 1024)}
	w.conns[name] = c
	go func() {
		for {
			kind, data, err := conn.ReadMessage()
			if err != nil {
				return
			}
			c.frames <- frame{kind == websocket.BinaryMessage, data}
		}
	}()
	w.handled(c)
}

// send sends a text frame and waits until the server has done with it.
func (w *walker) send(name string, text []byte) {
	w.t.Helper()
	c := w.conns[name]
	if err := c.conn.WriteMessage(websocket.TextMessage, text); err != nil {
		w.t.Fatal(err)
	}
	c.sent++
	w.handled(c)
}

func (w *walker) handled(c *wire) {
	w.t.Helper()
	w.poll("the server does not handle a message", func() bool {
		state, open := w.server.Socket(c.conn.LocalAddr().String())
		return open && state.Done == c.sent+1
	})
}

// close ends a connection in order and waits until the server has noticed; frames that nobody expected fail.
func (w *walker) close(name string) (extra []frame) {
	w.t.Helper()
	c := w.conns[name]
	w.settle()
	extra = c.inbox
	delete(w.conns, name)
	deadline := time.Now().Add(patience)
	_ = c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), deadline)
	w.poll("the server keeps a closed socket", func() bool {
		_, open := w.server.Socket(c.conn.LocalAddr().String())
		return !open
	})
	c.conn.Close()
	return extra
}

// adds and takes: what a request does to the length of the queue.
func (r *row) adds() bool { return r.HTTP.Path == "/prompt" && r.Answer.Status == 200 }

func (r *row) takes() bool {
	return r.HTTP.Path == "/queue" || strings.HasSuffix(r.HTTP.Path, "/cancel")
}

// cause finds the request whose doing a status frame is, though the recording has its answer later: one that adds
// a prompt, or one that takes one away where no run has just ended.
func (c *wire) cause(r *row, later []*row) *row {
	n := r.remaining()
	up, down := n > c.last, n >= 0 && n < c.last && !c.ended
	switch {
	case up && c.added > 0:
		c.added--
		return nil
	case down && c.taken > 0:
		c.taken--
		return nil
	case !up && !down:
		return nil
	}
	for _, l := range later {
		if l.T > r.T+60 {
			return nil
		}
		if l.HTTP != nil && !l.done && l.HTTP.Method == "POST" && (up && l.adds() || down && l.takes()) {
			return l
		}
	}
	return nil
}
