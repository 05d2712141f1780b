package broker

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"discomfy/pkg/broker/embedded/embeddedtest"
	"discomfy/pkg/job"
)

// heard is what two replicas were given to show.
type heard struct {
	mu     sync.Mutex
	ticks  [2][job.Partitions]int
	states int
}

func (h *heard) state(_ context.Context, d *StateDelivery) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.states++
	_ = d.Ack() // where that is lost it comes again, and is counted twice
}

// agreed lets both hear the same number of ticks of each partition, and reports
// whether one of the two heard all of each.
func (h *heard) agreed(t *testing.T, b *Broker, ids []job.ID) bool {
	t.Helper()
	h.mu.Lock()
	h.ticks = [2][job.Partitions]int{}
	h.mu.Unlock()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for n := range 50 {
		<-tick.C
		for _, id := range ids {
			data, err := json.Marshal(job.Progress{Job: id, Attempt: 1, Percent: float64(n), At: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			if err := b.nc.Publish(perJob(KindProgress, id), data); err != nil {
				t.Fatal(err)
			}
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for p := range job.Partitions {
		if h.ticks[0][p]+h.ticks[1][p] == 0 || (h.ticks[0][p] > 0 && h.ticks[1][p] > 0) {
			return false
		}
	}
	return true
}

// Two replicas that prefer every partition equally agree in the end, and no
// state has to be sent again over it.
func TestReplicasWithTheSamePreferencesComeToAgree(t *testing.T) {
	t.Parallel()
	s := embeddedtest.Start(t)
	connect := func() *Broker {
		b, err := Connect(t.Context(), Config{URL: s.ClientURL(), Lease: 30 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		return b
	}
	b := connect()
	if err := b.Init(t.Context(), InitConfig{ResultsBytes: 1 << 20, InputsBytes: 1 << 20, Discord: true}); err != nil {
		t.Fatal(err)
	}
	var heard heard
	var rendering sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	defer rendering.Wait()
	defer stop()
	for n := range 2 {
		r := connect()
		r.replica = "the same"
		progress := func(p job.Progress) {
			heard.mu.Lock()
			defer heard.mu.Unlock()
			heard.ticks[n][p.Job.Partition()]++
		}
		rendering.Go(func() {
			if err := r.Render(ctx, RenderConfig{State: heard.state, Progress: progress}); err != nil {
				t.Errorf("Render: %v", err)
			}
		})
	}
	ids, states := oneOfEach(), 0
	deadline := time.Now().Add(25 * time.Second) // a lost state comes again after 30 s
	for agreed := false; !agreed || heard.shown() < states; {
		if time.Now().After(deadline) {
			t.Fatalf("agreed: %v; %d of %d states were shown", agreed, heard.shown(), states)
		}
		if !agreed {
			states += publish(t, b, ids)
		}
		agreed = heard.agreed(t, b, ids)
	}
}

func (h *heard) shown() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.states
}

// oneOfEach is a job of each partition.
func oneOfEach() []job.ID {
	ids := make([]job.ID, job.Partitions)
	for found := 0; found < len(ids); {
		id := job.NewID()
		if p := id.Partition(); ids[p] == (job.ID{}) {
			ids[p] = id
			found++
		}
	}
	return ids
}

// publish stores a state of each job, and returns how many these are.
func publish(t *testing.T, b *Broker, ids []job.ID) int {
	t.Helper()
	for _, id := range ids {
		data, err := json.Marshal(job.State{Job: id, Phase: job.Queued, Queue: job.DefaultQueue})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.js.Publish(t.Context(), perJob(KindState, id), data); err != nil {
			t.Fatal(err)
		}
	}
	return len(ids)
}
