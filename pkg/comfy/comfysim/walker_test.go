package comfysim_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"discomfy/pkg/comfy/comfysim"
)

// walker drives a fake through recordings. The executor asks before whatever it tells and before every step; the
// walker lets it go on exactly when the recording needs a further frame, so that time plays no part.
type walker struct {
	t       testing.TB
	server  *comfysim.Server
	base    string
	asks    chan ask
	held    *ask
	conns   map[string]*wire
	steps   int    // granted since the scenario began
	last    string // id of the last prompt posted
	tag     string // see findTag
	uploads int
}

// ask is the executor's wish to go on, after d.
type ask struct {
	d  time.Duration
	ok chan struct{}
}

// step tells the time of a node's step from the short time that history needs.
func (a *ask) step() bool { return a.d > 10*time.Millisecond }

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

func newWalker(t testing.TB, version, dir string) *walker {
	t.Helper()
	w := &walker{t: t, asks: make(chan ask), conns: map[string]*wire{}}
	s, err := comfysim.New(comfysim.Config{Version: version, Dir: dir, PreviewMethod: "latent2rgb"})
	if err != nil {
		t.Fatal(err)
	}
	s.SetPace(w.pace)
	l, err := comfysim.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- comfysim.Serve(ctx, l, s) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	w.server, w.base = s, "http://"+l.Addr().String()
	return w
}

func (w *walker) pace(ctx context.Context, d time.Duration) error {
	a := ask{d, make(chan struct{})}
	select {
	case w.asks <- a:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-a.ok:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// grant lets the executor go on to its next ask. false means that it is idle.
func (w *walker) grant() bool {
	if !w.hold() {
		return false
	}
	if w.held.step() {
		w.steps++
	}
	close(w.held.ok)
	w.held = nil
	return true
}

// hold waits until the executor asks or is idle.
func (w *walker) hold() bool {
	if w.held != nil {
		return true
	}
	return w.poll("the executor neither asks nor rests", func() bool {
		select {
		case a := <-w.asks:
			w.held = &a
			return true
		default:
			return w.server.Idle()
		}
	}) && w.held != nil
}

// poll waits until a condition holds, within bounds.
func (w *walker) poll(complaint string, condition func() bool) bool {
	w.t.Helper()
	tick := time.NewTicker(200 * time.Microsecond)
	defer tick.Stop()
	late := time.After(patience)
	for !condition() {
		select {
		case <-tick.C:
		case <-late:
			w.t.Fatal(complaint)
		}
	}
	return true
}

// rest lets the executor tell what it has to tell until the next step or the end.
func (w *walker) rest() {
	for w.hold() && !w.held.step() {
		w.grant()
	}
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

// prepare brings the server to the step before the one that a new connection hears first.
func (w *walker) prepare(rows []*row, conn string) {
	n := firstStep(rows, conn)
	for n > 0 && w.hold() && !(w.held.step() && w.steps == n-1) {
		w.grant()
	}
}

// firstStep is the first step that a connection hears of in the middle of a node, or 0.
func firstStep(rows []*row, conn string) int {
	for _, r := range rows {
		if r.HTTP != nil && r.HTTP.Method == "POST" && r.HTTP.Path == "/prompt" {
			return 0
		}
		if kind, data := r.message(); r.Conn == conn && kind == "progress" {
			n, _ := data["value"].(float64)
			return int(n)
		}
	}
	return 0
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

// request does what a recording did and gives the answer in the same form. A look at the history is repeated
// until the prompt is there, as the recorder did.
func (w *walker) request(r *row) *answer {
	w.t.Helper()
	a := w.requestOnce(r)
	if !strings.HasPrefix(r.HTTP.Path, "/history/") || string(r.Answer.Body) == "{}" {
		return a
	}
	for string(a.Body) == "{}" && w.grant() {
		a = w.requestOnce(r)
	}
	w.rest()
	return a
}

func (w *walker) requestOnce(r *row) *answer {
	c := client{w.t, w.base}
	switch {
	case r.HTTP.Multipart != nil:
		return w.upload(c, r)
	case r.HTTP.Raw != "":
		return c.answer(r, "application/json", []byte(r.HTTP.Raw))
	case string(r.HTTP.Body) == "null":
		return c.answer(r, "", nil)
	}
	return c.answer(r, "application/json", r.HTTP.Body)
}
