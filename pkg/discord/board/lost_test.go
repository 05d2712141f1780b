package board

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

// forgetful is a broker whose answer to one change of a handle is lost: it has
// stored it.
type forgetful struct {
	*inside

	forgets bool
}

func (b *forgetful) PutReply(ctx context.Context, id job.ID, data []byte, was broker.Revision) (broker.Revision, error) {
	revision, err := b.inside.PutReply(ctx, id, data, was)
	if b.forgets {
		b.forgets = false
		return 0, errWanting
	}
	return revision, err
}

// An end over which an edit came is shown once more also where it is not known
// whether the handle says that it is not shown any more.
func TestAnEndIsShownOnceMoreWhenAnAnswerIsLost(t *testing.T) {
	t.Parallel()
	for name, repeat := range map[string]func(t *testing.T, b *Board, id job.ID){
		"an edit of ours":       outrunByUs,
		"an edit of the desk's": func(t *testing.T, b *Board, id job.ID) { b.Repeat(t.Context(), id) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(1)
				w.faults = false
				r := &replica{w: w, done: make(chan struct{})}
				b := &forgetful{inside: &inside{world: w, r: r}}
				w.joinWith(b, r, preparer{})
				synctest.Wait()
				id := w.ask(1, "a")
				w.write(job.State{Job: id, Phase: job.Done, Attempt: 1, Results: []job.Result{{Name: "x"}}, Request: &job.Request{ID: id}})
				time.Sleep(time.Minute)
				card := w.messages["1"]
				if h := w.handleOf(id); h.Ending.Done.IsZero() || !strings.Contains(card.text, "Done") {
					t.Fatalf("the end was not shown: %+v, %s", h.Ending, card.text)
				}
				card.text, b.forgets = "Running", true
				repeat(t, r.board, id)
				time.Sleep(3 * time.Minute)
				r.stop()
				<-r.done
				if h := w.handleOf(id); h.Ending.Done.IsZero() || !strings.Contains(card.text, "Done") {
					t.Errorf("done %v, the card: %s", h.Ending.Done, card.text)
				}
			})
		})
	}
}

// outrunByUs is a card that has been edited by us after its end.
func outrunByUs(_ *testing.T, b *Board, id job.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	alive, work := b.alive, b.work
	k := newKeeper(alive, b, id)
	k.outrun = time.Now()
	b.cards[id] = k
	b.group.Go(func() { k.run(alive, work) })
}
