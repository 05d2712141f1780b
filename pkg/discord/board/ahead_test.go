package board

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/discord/reply"
)

// When a card is looked at once more is told by a clock: one that is far ahead of
// ours does not make us wait for ever.
func TestALookThatAnotherClockHasSet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		w.faults = false
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); w.deliver(ctx) }()
		only := w.join()
		id := w.ask(0, "a")
		w.live(id, 2)
		time.Sleep(5 * time.Second) // synctest
		_, err := reply.Store{Keeper: &inside{world: w, r: only}}.Change(ctx, id, func(h *reply.Handle) {
			h.Ending.Look = time.Now().Add(time.Hour)
		})
		if err != nil {
			t.Fatal(err)
		}
		w.mu.Lock()
		m := w.messages["0"]
		m.text, m.files, m.edited = "Sent to the queue", 0, time.Now()
		w.mu.Unlock()
		only.board.Show(id)
		time.Sleep(time.Minute) // synctest
		w.judge(t, id)
		if look := w.handleOf(id).Ending.Look; !look.IsZero() {
			t.Errorf("it is still to be looked at, in %v", time.Until(look))
		}
		cancel()
		<-done
		only.stop()
		<-only.done
	})
}
