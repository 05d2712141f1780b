package comfy_test

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"discomfy/pkg/comfy"
	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/comfy/comfysim/comfysimtest"

	"github.com/google/uuid"
)

// The conformance suite: what this package relies on, asked of a server through the
// package. It runs against the fake server in each of its versions, and, with
// COMFYUI_URL set, against that server, of which it should be the only user. A
// server without the lab nodes or without a model is asked less: -v prints what was
// skipped and why.
func TestConformance(t *testing.T) {
	t.Parallel()
	for _, version := range versions {
		t.Run("comfysim "+version, func(t *testing.T) {
			t.Parallel()
			fake, url := comfysimtest.Start(t, comfysim.Config{Version: version, Speed: 20, PreviewMethod: "auto"})
			conform(t, url, fake)
		})
	}
	if url := os.Getenv("COMFYUI_URL"); url != "" {
		t.Run("real", func(t *testing.T) { conform(t, url, nil) })
	}
}

// scenario is one thing that is asked of a server.
type scenario struct {
	name string
	run  func(*testing.T, *target)
}

func conform(t *testing.T, url string, fake *comfysim.Server) {
	t.Helper()
	s := newTarget(t, url)
	s.fake = fake
	var skipped []string
	for _, sc := range slices.Concat(runScenarios, endScenarios, socketScenarios, deafScenarios, previewScenarios, httpScenarios) {
		t.Run(sc.name, func(t *testing.T) {
			defer func() {
				if t.Skipped() {
					skipped = append(skipped, sc.name)
				}
			}()
			sc.run(t, s)
		})
	}
	t.Logf("ComfyUI %v at %s: skipped %d scenarios: %s", s.version, s.client.URL(), len(skipped), strings.Join(skipped, ", "))
}

// target is the server that is asked.
type target struct {
	client  *comfy.Client
	version comfy.Version
	classes map[string]json.RawMessage
	fake    *comfysim.Server // nil where the server is real
}

func newTarget(t *testing.T, url string) *target {
	t.Helper()
	client, err := comfy.New(comfy.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdle)
	stats, err := client.SystemStats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	info, err := client.ObjectInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer info.Close()
	s := &target{client: client, version: stats.Version}
	if err := json.NewDecoder(info).Decode(&s.classes); err != nil {
		t.Fatal(err)
	}
	return s
}

// need skips a scenario where the server lacks a node class.
func (s *target) need(t *testing.T, classes ...string) {
	t.Helper()
	for _, c := range classes {
		if s.classes[c] == nil {
			t.Skipf("the server has no node class %s", c)
		}
	}
}

// checkpoint gives a model, and skips a scenario where there is none.
func (s *target) checkpoint(t *testing.T) string {
	t.Helper()
	models, err := s.client.Models(t.Context(), "checkpoints")
	if err != nil {
		t.Fatal(err)
	}
	if len(models) == 0 {
		t.Skip("the server has no checkpoint")
	}
	return models[0]
}

func newID() comfy.PromptID { return comfy.PromptID(uuid.NewString()) }

// submit queues a graph for an ear, or for nobody.
func (s *target) submit(t *testing.T, to *ear, g graph) comfy.PromptID {
	t.Helper()
	p := comfy.Prompt{Graph: g.json(t), ID: newID()}
	if to != nil {
		p.ClientID = to.id
	}
	accepted, err := s.client.Submit(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if accepted.ID != p.ID && s.version.HonoursPromptID() {
		t.Errorf("asked for %s, accepted as %s", p.ID, accepted.ID)
	}
	return accepted.ID
}

// ended waits until a prompt is in the history.
func (s *target) ended(t *testing.T, id comfy.PromptID) *comfy.Entry {
	t.Helper()
	var entry *comfy.Entry
	eventually(t, func() bool {
		e, err := s.client.History(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		entry = e
		return e != nil
	})
	return entry
}

// ear is a Conn and what it heard.
type ear struct {
	id   string
	conn *comfy.Conn
	stop func() // and waits until it has
	open atomic.Int64
	left atomic.Uint64 // the last generation that ended

	mu      sync.Mutex
	events  []comfy.Event
	changed chan struct{}
}

// listen connects under a client id; empty for none.
func (s *target) listen(t *testing.T, clientID string) *ear {
	t.Helper()
	return s.listenWith(t, clientID, func(*comfy.ConnConfig) {})
}

func (s *target) listenWith(t *testing.T, clientID string, change func(*comfy.ConnConfig)) *ear {
	t.Helper()
	e := &ear{id: clientID, changed: make(chan struct{})}
	config := comfy.ConnConfig{
		ClientID: clientID, Sink: e.sink, Open: func() int { return int(e.open.Load()) },
		StatusWithin: time.Second, SilentFor: time.Second,
	}
	change(&config)
	e.conn = s.client.Conn(config)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = e.conn.Run(ctx) }()
	e.stop = func() { cancel(); <-done }
	t.Cleanup(e.stop)
	e.until(t, func(ev comfy.Event) bool { _, ok := ev.(comfy.Connected); return ok })
	return e
}

func (e *ear) sink(generation uint64, event comfy.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ended := event.(comfy.Disconnected); ended {
		e.left.Store(generation)
	}
	e.events = append(e.events, event)
	close(e.changed)
	e.changed = make(chan struct{})
}

func (e *ear) heard() ([]comfy.Event, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.events), e.changed
}

// until waits for an event, which may have come already.
func (e *ear) until(t *testing.T, wanted func(comfy.Event) bool) comfy.Event {
	t.Helper()
	bound := time.After(2 * time.Minute)
	for {
		events, changed := e.heard()
		if i := slices.IndexFunc(events, wanted); i >= 0 {
			return events[i]
		}
		select {
		case <-changed:
		case <-bound:
			t.Fatalf("it was not heard within two minutes; heard: %+v", events)
		}
	}
}

// follow waits for the end of a prompt and gives what was heard of it.
func (e *ear) follow(t *testing.T, id comfy.PromptID) run {
	t.Helper()
	e.until(t, func(ev comfy.Event) bool {
		x, ok := ev.(comfy.Executing)
		return ok && x.Node == "" && x.Prompt == id
	})
	events, _ := e.heard()
	r := run{}
	for _, ev := range events {
		prompt, phase, after := turn(ev)
		if prompt != id || phase == "" {
			continue
		}
		if last := r.last(); !strings.Contains(after, "<"+last+">") {
			r.disorder = append(r.disorder, phase+" after "+last)
		}
		r.phases = append(r.phases, phase)
		r.add(ev)
	}
	return r
}

// run is what was heard of one prompt.
type run struct {
	phases   []string
	disorder []string
	end      comfy.Event // Succeeded, Failed or Interrupted
	cached   []string
	outputs  []comfy.Output
	steps    int
	previews []comfy.Preview
}

func (r *run) last() string {
	if len(r.phases) == 0 {
		return ""
	}
	return r.phases[len(r.phases)-1]
}

func (r *run) add(e comfy.Event) {
	switch e := e.(type) {
	case comfy.Cached:
		r.cached = e.Nodes
	case comfy.Executed:
		r.outputs = append(r.outputs, e.Outputs...)
	case comfy.StepProgress:
		r.steps++
	case comfy.Preview:
		r.previews = append(r.previews, e)
	case comfy.Succeeded, comfy.Failed, comfy.Interrupted:
		r.end = e
	}
}

// well checks that a run was told in order and succeeded.
func (r *run) well(t *testing.T) {
	t.Helper()
	if _, ok := r.end.(comfy.Succeeded); !ok || len(r.disorder) > 0 {
		t.Errorf("ended by %+v, out of order: %q", r.end, r.disorder)
	}
}
