package comfysim_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The measure of this package: driven by the requests and openings of a recording, the fake of that version sends
// the same frames and gives the same answers. Everything is compared whole; normalise and exceptions say what not.
func TestAgreesWithTheRecordings(t *testing.T) {
	t.Parallel()
	j := &judge{used: map[int]bool{}}
	t.Run("version", func(t *testing.T) {
		for _, version := range versions {
			t.Run(version, func(t *testing.T) {
				t.Parallel()
				walkVersion(t, version, j)
			})
		}
	})
	for i, e := range exceptions {
		if !j.used[i] {
			t.Errorf("the exception for %s at %s is not needed", e.scenario, e.path)
		}
	}
}

func walkVersion(t *testing.T, version string, j *judge) {
	dir := t.TempDir()
	w := newWalker(t, version, dir)
	w.server.SetNumber(firstNumber(readRecording(t, version, "sampler_previews_meta")))
	fillInputs(t, version, dir)
	countFrom(t, dir, firstCounters(t, version, scenarios[:len(scenarios)-1]))
	for _, name := range scenarios {
		t.Run(name, func(t *testing.T) {
			w.t = t
			rows := readRecording(t, version, name)
			w.begin(rows, name)
			if name == "deaf_recovery" {
				countFrom(t, dir, firstCounters(t, version, []string{name}))
			}
			for i := range rows {
				w.row(rows, i, j, name)
			}
			w.rest()
		})
	}
}

// begin sets what the server's past decides: the order of a Python set, the random part of uploaded names, and,
// for the scenario that was recorded apart, the number of the next prompt.
func (w *walker) begin(rows []*row, name string) {
	w.steps, w.uploads, w.tag = 0, 0, findTag(rows)
	orders := outputOrders(rows)
	w.server.SetArrange(func(ids []string) []string {
		for _, o := range orders {
			if slices.Equal(slices.Sorted(slices.Values(o)), slices.Sorted(slices.Values(ids))) {
				return o
			}
		}
		return ids
	})
	if name == "deaf_recovery" {
		w.server.SetNumber(firstNumber(rows))
	}
}

// fillInputs puts the input files there that earlier recordings had left on the server.
func fillInputs(t *testing.T, version, dir string) {
	t.Helper()
	own := findTag(readRecording(t, version, "upload"))
	for _, r := range readRecording(t, version, "catalog") {
		if r.HTTP == nil || r.HTTP.Path != "/object_info/LoadImage" {
			continue
		}
		var info struct {
			LoadImage struct {
				Input struct{ Required struct{ Image []any } }
			}
		}
		if err := json.Unmarshal(r.Answer.Body, &info); err != nil {
			t.Fatal(err)
		}
		for _, name := range info.LoadImage.Input.Required.Image[0].([]any) {
			if name := name.(string); own == "" || !strings.Contains(name, own) {
				write(t, filepath.Join(dir, "input", name))
			}
		}
	}
}

// countFrom makes the next file of a prefix get the number that the recorded server was at.
func countFrom(t *testing.T, dir string, counters map[string]int) {
	t.Helper()
	for prefix, n := range counters {
		if n > 1 {
			write(t, filepath.Join(dir, "output", fmt.Sprintf("%s_%05d_.png", prefix, n-1)))
		}
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

// row walks one row: an action is done, a frame expected.
func (w *walker) row(rows []*row, i int, j *judge, name string) {
	w.t.Helper()
	switch r := rows[i]; {
	case r.done:
	case r.Event == "open":
		w.prepare(rows[i:], r.Conn)
		w.open(r.Conn, r.ClientID)
	case r.Event == "closed":
		early := w.conns[r.Conn].early
		for _, f := range append(w.close(r.Conn), early...) {
			w.t.Errorf("%s: a frame that was not recorded: %.300s", describe(r), f.data)
		}
	case r.Dir == "send":
		w.send(r.Conn, r.Text)
	case r.HTTP != nil:
		w.act(r, j, name)
	case r.Note == "history right after executing null: there":
		if _, h := (client{w.t, w.base}).do("GET", "/history/"+w.last, nil); len(h) == 0 {
			w.t.Errorf("history is not there after executing null")
		}
	case r.received():
		w.expect(r, rows[i+1:], j, name)
	}
}

func (w *walker) act(r *row, j *judge, name string) {
	w.t.Helper()
	r.done = true
	if r.adds() {
		var body struct {
			ID any `json:"prompt_id"`
		}
		_ = json.Unmarshal(r.HTTP.Body, &body)
		w.last, _ = body.ID.(string)
	}
	for _, c := range w.conns {
		if r.adds() {
			c.added++
		} else if r.takes() {
			c.taken++
		}
	}
	for _, d := range j.differences(name, "", normalAnswer(r.Answer), normalAnswer(w.request(r))) {
		w.t.Errorf("%s: %s", describe(r), d)
	}
}

func (w *walker) expect(r *row, later []*row, j *judge, name string) {
	w.t.Helper()
	c := w.conns[r.Conn]
	if cause := c.cause(r, later); cause != nil {
		w.act(cause, j, name)
		c.cause(r, nil) // takes note that this is its status
	}
	got, ok := w.nextFor(c, r, j, name)
	if !ok {
		w.t.Fatalf("%s does not come: %.200s", describe(r), r.Text)
	}
	for _, d := range j.differences(name, "", normalFrame(r.Binary != "", r.frame(w.t)), normalFrame(got.binary, got.data)) {
		w.t.Errorf("%s: %s", describe(r), d)
	}
	if n := r.remaining(); n >= 0 {
		c.last, c.ended = n, false
	} else {
		kind, _ := r.message()
		c.ended = slices.Contains([]string{"execution_success", "execution_error", "execution_interrupted"}, kind)
	}
	if w.t.Failed() {
		w.t.FailNow()
	}
}

// nextFor is the next frame where the recording has r. A status that some request caused comes from another thread
// of the server than what the executor tells, so that its place among that is chance: one that comes early waits
// for its row.
func (w *walker) nextFor(c *wire, r *row, j *judge, name string) (frame, bool) {
	status := r.remaining() >= 0
	if status && len(c.early) > 0 {
		f := c.early[0]
		c.early = c.early[1:]
		return f, true
	}
	for {
		f, ok := w.next(c)
		if !ok || status || f.binary || (&row{Text: f.data}).remaining() < 0 {
			return f, ok
		}
		i := exceptionFor(name, statusOrder)
		if i < 0 {
			return f, true
		}
		j.note(i, true, false)
		c.early = append(c.early, f)
	}
}

func describe(r *row) string {
	if r.HTTP != nil {
		return fmt.Sprintf("%d ms: %s %s", r.T, r.HTTP.Method, r.HTTP.Path)
	}
	return fmt.Sprintf("%d ms: frame on %s", r.T, r.Conn)
}

// answer makes a request of a recording and gives the answer in its form.
func (c client) answer(r *row, contentType string, body []byte) *answer {
	c.t.Helper()
	status, header, data := c.exchange(r.HTTP.Method, r.HTTP.Path, contentType, body)
	kind := header.Get("Content-Type")
	a := &answer{Status: status, ContentType: &kind, Headers: map[string]string{}}
	if d := header.Get("Content-Disposition"); d != "" {
		a.Headers["Content-Disposition"] = d
	}
	switch {
	case strings.Contains(kind, "json"):
		a.Body = data
	case r.Answer.Text != nil:
		a.Text, a.ContentType = new(string(data)), nil
	case r.Answer.Bytes > 0:
		a.Bytes = len(data)
	default:
		a.Base64 = base64.StdEncoding.EncodeToString(data)
	}
	return a
}
