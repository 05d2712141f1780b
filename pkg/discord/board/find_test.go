package board

import (
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

// Who answered died before it could note which message the card is: the end
// finds it.
func TestAnEndFindsItsCard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		w.faults = false
		r := w.join()
		defer func() { r.stop(); <-r.done }()
		id := w.ask(1, "a")
		store := reply.Store{Keeper: &inside{world: w, r: r}}
		if _, err := store.Change(t.Context(), id, func(h *reply.Handle) { h.Card, h.BotPosts = "", true }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute) // synctest
		w.write(job.State{Job: id, Phase: job.Done, Attempt: 1, Results: []job.Result{{Name: "x"}}, Request: &job.Request{ID: id}})
		time.Sleep(time.Minute) // synctest
		if h := w.handleOf(id); h.Card != "1" || len(h.Ending.Sent) != 1 {
			t.Fatalf("the handle is %+v", h)
		}
		w.judge(t, id)
	})
}
