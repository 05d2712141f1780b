package bench_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"discomfy/pkg/job"
	"discomfy/pkg/terminal"
	"discomfy/pkg/workflow"
)

// request is a job that works for a while; no two have the same result.
func request(workflow string, seconds float64, steps int) job.Request {
	return job.Request{
		ID: job.NewID(), Queue: job.DefaultQueue, User: "terminal-bench", Workflow: workflow,
		Params: job.Params{"seconds": seconds, "steps": steps, "salt": rand.IntN(1 << 30)}, Created: time.Now().UTC(),
	}
}

// requests are n of them.
func requests(n int, workflow string, seconds float64) []job.Request {
	list := make([]job.Request, n)
	for i := range list {
		list[i] = request(workflow, seconds, 1)
	}
	return list
}

// graph is what ComfyUI gets for such a request.
func graph(b *testing.B, r job.Request) json.RawMessage {
	b.Helper()
	set, problems := workflow.Load(os.DirFS(filepath.FromSlash("testdata/workflows")))
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	data, err := json.Marshal(r)
	if err != nil {
		b.Fatal(err)
	}
	if r, err = job.ParseRequest(data); err != nil { // as it arrives at the bridge
		b.Fatal(err)
	}
	flow, _ := set.Get(r.Workflow)
	bound, err := flow.Bind(workflow.BindConfig{Params: r.Params, Prefix: "bench/" + r.ID.String()})
	if err != nil {
		b.Fatal(err)
	}
	return bound.Graph
}

// graphs are those of n such requests.
func graphs(b *testing.B, n int, workflow string, seconds float64) []json.RawMessage {
	b.Helper()
	list := make([]json.RawMessage, n)
	for i, r := range requests(n, workflow, seconds) {
		list[i] = graph(b, r)
	}
	return list
}

func (s *stack) submit(r job.Request) job.Request {
	s.Helper()
	if _, err := s.broker.Submit(s.Context(), r); err != nil {
		s.Fatal(err)
	}
	return r
}

// fetch waits for a job's end as a submitter does, and stores its files; it
// returns when the last one was there.
func (s *stack) fetch(r job.Request) time.Time {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	updates, err := s.broker.Follow(ctx, job.DefaultQueue, r.ID)
	if err != nil {
		s.Fatal(err)
	}
	for u := range updates {
		if u.State == nil || !u.State.Phase.Ended() {
			continue
		}
		if u.State.Phase != job.Done {
			s.Fatalf("job %s: %s, %v", r.ID, u.State.Phase, u.State.Error)
		}
		files, err := terminal.SaveAll(ctx, s.broker, s.dir, *u.State)
		if err != nil {
			s.Fatal(err)
		}
		saved := time.Now()
		for _, f := range files {
			_ = os.Remove(f.Path)
		}
		return saved
	}
	s.Fatalf("job %s did not end", r.ID)
	return time.Time{}
}

// phases hears every state that is written: an alarm clock for waits that must
// cost the server little.
func (s *stack) phases() <-chan job.State {
	s.Helper()
	nc := dial(s.B, s.url)
	heard := make(chan job.State, 1<<16)
	_, err := nc.Subscribe("discomfy.state.*.*", func(m *nats.Msg) {
		if st, err := job.ParseState(m.Data); err == nil {
			heard <- st
		}
	})
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		s.Fatal(err)
	}
	return heard
}

// count waits until n jobs have reached the phase, and returns when.
func (s *stack) count(heard <-chan job.State, phase job.Phase, n int) time.Time {
	s.Helper()
	late := time.After(5 * patience)
	for n > 0 {
		select {
		case st := <-heard:
			if st.Phase == phase {
				n--
			}
		case <-late:
			s.Fatalf("%d jobs never reached %s", n, phase)
		}
	}
	return time.Now()
}

func dial(b *testing.B, url string) *nats.Conn {
	b.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(nc.Close)
	return nc
}
