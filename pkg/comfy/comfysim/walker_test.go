package comfysim_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/comfy/comfysim/comfysimtest"
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

func newWalker(t testing.TB, version, dir string) *walker {
	t.Helper()
	w := &walker{t: t, asks: make(chan ask), conns: map[string]*wire{}}
	s, err := comfysim.New(comfysim.Config{Version: version, Dir: dir, PreviewMethod: "latent2rgb"})
	if err != nil {
		t.Fatal(err)
	}
	s.SetPace(w.pace)
	w.server, w.base = s, comfysimtest.Serve(t, s)
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
