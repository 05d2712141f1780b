package broker

import (
	"context"
	"sync"
	"testing"
	"time"

	"discomfy/pkg/broker/embedded/embeddedtest"
	"discomfy/pkg/job"
)

// That consumers are absent for a while ends nobody who has begun with them, also
// where another preference is drawn then.
func TestADrawWhileAConsumerIsAbsent(t *testing.T) {
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
	ids := oneOfEach()
	for p := range job.Partitions {
		bothPull(t, b, stateStream, renderConsumer(p))
		bothPull(t, b, progressStream, cardConsumer(p))
	}
	for p := range job.Partitions {
		if err := b.js.DeleteConsumer(t.Context(), stateStream, renderConsumer(p)); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		if heard.agreed(t, b, ids) || t.Failed() {
			break
		}
	}
}

// bothPull waits until two replicas pull from a consumer.
func bothPull(t *testing.T, b *Broker, stream, durable string) {
	t.Helper()
	for tick := time.NewTicker(10 * time.Millisecond); ; <-tick.C {
		c, err := b.js.Consumer(t.Context(), stream, durable)
		if err != nil {
			t.Fatal(err)
		}
		if c.CachedInfo().NumWaiting >= 2 {
			return
		}
	}
}
