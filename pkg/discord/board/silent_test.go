package board

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// silent is a Discord from which nothing comes back: neither an answer nor a
// refusal, until the client gives up.
type silent struct{ Discord }

func (silent) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	<-ctx.Done()
	return &api.Error{Kind: api.Down, Err: ctx.Err()}
}

func (d silent) EditOriginal(ctx context.Context, _ api.Token, _ api.Message) (api.Posted, error) {
	return api.Posted{}, d.wait(ctx)
}

func (d silent) Application(ctx context.Context) (api.Application, error) {
	return api.Application{}, d.wait(ctx)
}

// A replica whose calls all hang leaves the cards to the others, also while no
// job ends: its running cards would stand still.
func TestAReplicaThatHearsNothingOfDiscordLeavesTheCards(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		w.faults = false
		r := &replica{w: w, done: make(chan struct{})}
		r.board = New(Config{Discord: silent{}, Broker: &inside{world: w, r: r}, Preparer: w.preparer, Offers: func() workflow.Catalog { return workflow.Catalog{} }})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { defer close(r.done); _ = r.board.Run(ctx) }()
		synctest.Wait()
		id := w.ask(1, "a")
		for step := range 200 {
			p := job.Progress{Job: id, Attempt: 1, Percent: float64(step % 100), Step: step, At: time.Now()}
			w.mu.Lock()
			w.progress[id] = p
			w.mu.Unlock()
			r.board.progress(p)
			time.Sleep(500 * time.Millisecond) // synctest
		}
		if r.board.Reachable() {
			t.Errorf("it still counts Discord as reached after %d refusals", r.board.count.refusals.Load())
		}
		cancel()
		<-r.done
	})
}
