package board

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/discord/reply"
)

// A first card that is on its way as an edit when its sender dies, and that
// arrives after the end, does not stay.
func TestAFirstCardThatArrivesAfterTheEndDoesNotStay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		w.faults = false
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); w.deliver(ctx) }()
		only := w.join()
		id := w.ask(0, "a")
		_, err := reply.Store{Keeper: &inside{world: w, r: only}}.Change(ctx, id, func(h *reply.Handle) { h.Opening = time.Now() })
		if err != nil {
			t.Fatal(err)
		}
		w.live(id, 2)
		time.Sleep(2 * time.Second)
		w.judge(t, id)
		w.mu.Lock()
		m := w.messages["0"]
		m.text, m.files, m.edited = "Sent to the queue", 0, time.Now()
		w.mu.Unlock()
		time.Sleep(time.Minute)
		w.judge(t, id)
		if h := w.handleOf(id); !h.Opening.IsZero() || !h.Ending.Look.IsZero() {
			t.Errorf("still open: %v, %v", h.Opening, h.Ending.Look)
		}
		cancel()
		<-done
		only.stop()
		<-only.done
	})
}

// Somebody who finds that the job has ended while their edit was on its way has
// the end shown once more.
func TestAnEndIsShownOnceMoreOnDemand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		w.faults = false
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); w.deliver(ctx) }()
		only := w.join()
		id := w.ask(0, "a")
		only.board.Repeat(ctx, id) // there is none yet
		w.live(id, 2)
		time.Sleep(2 * time.Second)
		w.mu.Lock()
		m := w.messages["0"]
		m.text, m.files, m.edited = "Sent to the queue", 0, time.Now()
		w.mu.Unlock()
		only.board.Repeat(ctx, id)
		time.Sleep(5 * time.Second)
		w.judge(t, id)
		cancel()
		<-done
		only.stop()
		<-only.done
	})
}
