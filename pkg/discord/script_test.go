package discord_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"sync"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
	"discomfy/workflows"
)

// script is a bridge that does what a test tells it, and nothing else.
type script struct {
	*stack
	term *broker.Term
	mu   sync.Mutex

	stopScript func()
	jobs       map[job.ID]job.Request // that are in the queue
	tick       map[job.ID]int
}

// startScript takes the lease, and publishes the shipped workflows.
func (s *stack) startScript() *script {
	s.Helper()
	sc := &script{stack: s, jobs: map[job.ID]job.Request{}, tick: map[job.ID]int{}}
	begun := make(chan struct{})
	b := s.connect("script")
	sc.stopScript = s.run("script", func(ctx context.Context) error {
		return b.Lead(ctx, job.DefaultQueue, func(ctx context.Context, t *broker.Term) error {
			sc.term = t
			set, _ := workflow.Load(workflows.FS)
			if err := t.PublishCatalog(ctx, set.Catalog(nil)); err != nil {
				return err
			}
			serving := make(chan error, 1)
			go func() { serving <- t.Serve(ctx, broker.Control{Cancel: sc.cancel}) }()
			close(begun)
			for d := range t.Deliveries() {
				sc.mu.Lock()
				sc.jobs[d.Request.ID] = d.Request
				sc.mu.Unlock()
			}
			return <-serving
		})
	})
	select {
	case <-begun:
	case <-time.After(patience):
		s.Fatal("the script never got the lease")
	}
	return sc
}

// cancel ends a waiting job as the bridge does.
func (s *script) cancel(ctx context.Context, id job.ID, by string) (broker.CancelAnswer, error) {
	if st, err := s.broker.Last(ctx, id); err == nil && st.Phase == job.Cancelled {
		return broker.CancelAnswer{Outcome: "cancelled", Words: "cancelled"}, nil
	}
	err := s.term.Write(ctx, job.State{Job: id, Phase: job.Cancelled, Request: s.request(id), Stop: &job.Stop{Code: job.CodeCancelled, By: by}})
	if err == nil {
		err = s.term.Done(ctx, id)
	}
	return broker.CancelAnswer{Outcome: "cancelled", Words: "cancelled while it waited"}, err
}

func (s *script) request(id job.ID) *job.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.jobs[id]; ok {
		return &r
	}
	return nil
}

// arrived waits until the job is in the queue.
func (s *script) arrived(id job.ID) job.Request {
	s.Helper()
	s.await("a job in the queue", func() bool { return s.request(id) != nil })
	return *s.request(id)
}

// write stores a state; an end takes the job out of the queue.
func (s *script) write(st job.State) {
	s.Helper()
	if err := s.term.Write(s.Context(), st); err != nil {
		s.Fatalf("write %s: %v", st.Phase, err)
	}
	if !st.Phase.Ended() {
		return
	}
	if err := s.term.Done(s.Context(), st.Job); err != nil {
		s.Fatalf("done: %v", err)
	}
}

func (s *script) queued(ids ...job.ID) {
	s.Helper()
	snap := job.Snapshot{Queue: job.DefaultQueue, At: time.Now()}
	for _, id := range ids {
		r := s.arrived(id)
		s.write(job.State{Job: id, Phase: job.Queued, Queue: job.DefaultQueue})
		snap.Waiting = append(snap.Waiting, job.Place{Job: id, User: r.User, Workflow: r.Workflow, Seconds: 60})
	}
	s.term.Snapshot(snap)
}

func (s *script) running(id job.ID) {
	s.Helper()
	s.write(job.State{Job: id, Phase: job.Submitted, Attempt: 1})
	s.write(job.State{Job: id, Phase: job.Running, Attempt: 1, Starts: 1})
}

// progress publishes how far the job is; each call is newer than the last.
func (s *script) progress(id job.ID, percent float64) {
	s.mu.Lock()
	s.tick[id]++
	n := s.tick[id]
	s.mu.Unlock()
	s.term.Progress(job.Progress{
		Job: id, Attempt: 1, Percent: percent, Title: "Sampling", Step: n, Steps: 1000, Started: time.Now().Add(-time.Second),
		Nodes: job.Nodes{Total: 7, Done: 3},
	})
}

// done ends the job with files.
func (s *script) done(id job.ID, files ...[]byte) {
	s.Helper()
	r := s.request(id)
	st := job.State{
		Job: id, Phase: job.Done, Attempt: 1, Starts: 1, Request: r,
		Timings: &job.Timings{Created: r.Created, Started: time.Now().Add(-2 * time.Second), Ended: time.Now()},
	}
	for i, data := range files {
		name := fmt.Sprintf("%s/%d-%d.png", id, s.term.Epoch(), i)
		size, digest, err := s.term.PutResult(s.Context(), name, bytes.NewReader(data))
		if err != nil {
			s.Fatal(err)
		}
		st.Results = append(st.Results, job.Result{Name: name, File: fmt.Sprintf("a_%d.png", i), Type: "image/png", Size: size, Digest: digest})
	}
	s.write(st)
}

func (s *script) failed(id job.ID) {
	s.Helper()
	s.write(job.State{
		Job: id, Phase: job.Failed, Attempt: 1, Request: s.request(id),
		Error: &job.Error{Code: job.CodeNodeFailed, Title: "Sampling", Message: "it went wrong"},
	})
}

// picture is a PNG of its own, of about n bytes where n is large.
func picture(seed byte, width, height int, noise bool) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	x := uint32(seed) + 1
	for i := range m.Pix {
		if noise {
			x ^= x << 13
			x ^= x >> 17
			x ^= x << 5
			m.Pix[i] = byte(x)
		}
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	m.Set(0, 0, color.NRGBA{R: seed, A: 255})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func pictures(n int) (all [][]byte) {
	for i := range n {
		all = append(all, picture(byte(i), 16, 16, false))
	}
	return slices.Clip(all)
}

// publish adds a workflow to the catalog: a copy of the first one.
func (s *script) publish(name string) {
	s.Helper()
	set, _ := workflow.Load(workflows.FS)
	c := set.Catalog(nil)
	o, _ := c.Find("txt2img")
	o.Name, o.Title = name, name
	c.Offers = append(c.Offers, o)
	slices.SortFunc(c.Offers, func(a, b workflow.Offer) int { return strings.Compare(a.Name, b.Name) })
	if err := s.term.PublishCatalog(s.Context(), c); err != nil {
		s.Fatal(err)
	}
}

// publishDemanding adds a workflow for pictures that does not begin without words.
func (s *script) publishDemanding(name string) {
	s.Helper()
	set, _ := workflow.Load(workflows.FS)
	c := set.Catalog(nil)
	o, _ := c.Find("test-inpaint")
	o.Name, o.Title, o.Parameters = name, name, slices.Clone(o.Parameters)
	for i, p := range o.Parameters {
		if p.Name == "prompt" {
			o.Parameters[i].Required, o.Parameters[i].Default = true, workflow.Value{}
		}
	}
	c.Offers = append(c.Offers, o)
	slices.SortFunc(c.Offers, func(a, b workflow.Offer) int { return strings.Compare(a.Name, b.Name) })
	if err := s.term.PublishCatalog(s.Context(), c); err != nil {
		s.Fatal(err)
	}
}

// publishWide adds a workflow that takes more than every other one.
func (s *script) publishWide(name string) {
	s.Helper()
	set, _ := workflow.Load(workflows.FS)
	c := set.Catalog(nil)
	o, _ := c.Find("txt2img")
	o.Name, o.Title, o.Parameters = name, name, slices.Clone(o.Parameters)
	for i, p := range o.Parameters {
		if p.Name == "steps" {
			o.Parameters[i].Max = "9999"
		}
	}
	c.Offers = append(c.Offers, o)
	slices.SortFunc(c.Offers, func(a, b workflow.Offer) int { return strings.Compare(a.Name, b.Name) })
	if err := s.term.PublishCatalog(s.Context(), c); err != nil {
		s.Fatal(err)
	}
}
