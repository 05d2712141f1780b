package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"discomfy/pkg/comfy/comfysim"
)

// Sizes of the files that the custom nodes save, in bytes.
const (
	photoSize = 1500 << 10
	largeSize = 100 << 20
)

// fake is a ComfyUI that notes when things happen.
type fake struct {
	url string

	mu       sync.Mutex
	accepted map[string]time.Time // by prompt: the POST was answered
	ended    map[string]time.Time // by prompt: execution_success left the server
	steps    map[string]map[int]time.Time
	changed  chan struct{} // closed and replaced at each note
}

// startFake serves a fake until the benchmark ends.
func startFake(b *testing.B) *fake {
	b.Helper()
	f := &fake{
		accepted: map[string]time.Time{}, ended: map[string]time.Time{},
		steps: map[string]map[int]time.Time{}, changed: make(chan struct{}),
	}
	sim, err := comfysim.New(comfysim.Config{Dir: b.TempDir(), Speed: 1, Nodes: map[string]comfysim.OutputNode{
		"BenchPhoto": saver("photo", photoSize), "BenchLarge": saver("large", largeSize),
	}})
	if err != nil {
		b.Fatal(err)
	}
	l, err := comfysim.Listen(b.Context(), "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	f.url = "http://" + l.Addr().String()
	f.serve(b, sim, &tappedListener{l, f})
	return f
}

func (f *fake) serve(b *testing.B, sim *comfysim.Server, l net.Listener) {
	web := &http.Server{Handler: f.tapped(sim), ReadHeaderTimeout: patience}
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() { _ = sim.Run(ctx) })
	parts.Go(func() { _ = web.Serve(l) })
	b.Cleanup(func() {
		cancel()
		_ = web.Close()
		parts.Wait()
	})
}

// saver is an output node that writes a file once and names it at every run:
// what is measured is its way out, not its making.
func saver(name string, size int) comfysim.OutputNode {
	var mu sync.Mutex
	return func(dir string) (map[string]any, error) {
		mu.Lock()
		defer mu.Unlock()
		file := name + ".bin"
		path := filepath.Join(dir, file)
		if _, err := os.Stat(path); err != nil {
			if err := os.WriteFile(path, bytes.Repeat([]byte("discomfy"), size/8), 0o600); err != nil {
				return nil, err
			}
		}
		return map[string]any{"images": []any{map[string]any{"filename": file, "subfolder": "", "type": "output"}}}, nil
	}
}

// tapped notes when a prompt was accepted.
func (f *fake) tapped(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || filepath.Base(r.URL.Path) != "prompt" {
			h.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		h.ServeHTTP(w, r)
		now := time.Now()
		var p struct {
			ID string `json:"prompt_id"`
		}
		_ = json.Unmarshal(body, &p)
		f.note(func() { f.accepted[p.ID] = now })
	})
}

func (f *fake) note(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	close(f.changed)
	f.changed = make(chan struct{})
}

// await waits until get finds a moment.
func (f *fake) await(b *testing.B, what string, get func() (time.Time, bool)) time.Time {
	b.Helper()
	late := time.After(patience)
	for {
		f.mu.Lock()
		at, ok := get()
		changed := f.changed
		f.mu.Unlock()
		if ok {
			return at
		}
		select {
		case <-changed:
		case <-late:
			b.Fatalf("never: %s", what)
		}
	}
}

func (f *fake) acceptedAt(b *testing.B, prompt string) time.Time {
	b.Helper()
	return f.await(b, "accepted "+prompt, func() (time.Time, bool) { at, ok := f.accepted[prompt]; return at, ok })
}

func (f *fake) endedAt(b *testing.B, prompt string) time.Time {
	b.Helper()
	return f.await(b, "ended "+prompt, func() (time.Time, bool) { at, ok := f.ended[prompt]; return at, ok })
}

func (f *fake) stepAt(prompt string, step int) (time.Time, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, ok := f.steps[prompt][step]
	return at, ok
}

// tappedListener hands out connections whose WebSocket frames are noted.
type tappedListener struct {
	net.Listener
	fake *fake
}

func (l *tappedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &tappedConn{c, l.fake}, nil
}

type tappedConn struct {
	net.Conn
	fake *fake
}

var (
	promptOf = regexp.MustCompile(`"prompt_id": ?"([0-9a-f-]{36})"`)
	stepOf   = regexp.MustCompile(`"2": ?{"value": ?(\d+)`) // of the node that works
)

// ReadFrom lets files go out as they would without the tap.
func (c *tappedConn) ReadFrom(r io.Reader) (int64, error) { return io.Copy(c.Conn, r) }

// Write notes the frames that are measured, when they leave.
func (c *tappedConn) Write(p []byte) (int, error) {
	now := time.Now()
	switch {
	case len(p) > 4<<10:
	case bytes.Contains(p, []byte(`"execution_success"`)):
		if m := promptOf.FindSubmatch(p); m != nil {
			c.fake.note(func() { c.fake.ended[string(m[1])] = now })
		}
	case bytes.Contains(p, []byte(`"progress_state"`)):
		c.noteStep(p, now)
	}
	return c.Conn.Write(p)
}

func (c *tappedConn) noteStep(p []byte, now time.Time) {
	prompt, value := promptOf.FindSubmatch(p), stepOf.FindSubmatch(p)
	if prompt == nil || value == nil {
		return
	}
	step, _ := strconv.Atoi(string(value[1]))
	c.fake.note(func() {
		id := string(prompt[1])
		if c.fake.steps[id] == nil {
			c.fake.steps[id] = map[int]time.Time{}
		}
		if _, ok := c.fake.steps[id][step]; !ok {
			c.fake.steps[id][step] = now
		}
	})
}
