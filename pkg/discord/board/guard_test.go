package board

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// poison is a result that our code can not bear.
type poison struct{ err error }

func (p poison) Prepare(context.Context, delivery.Order, delivery.Place) (*delivery.Plan, error) {
	if p.err != nil {
		return nil, p.err
	}
	panic("a picture of a million layers")
}

// One replica is left with a result that panics: it lives, and the end is told
// without files.
func TestAPanicMakesAnEndPoorer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		w.faults = false
		w.preparer = poison{}
		r := w.join()
		synctest.Wait()
		id := w.ask(1, "a")
		w.write(job.State{Job: id, Phase: job.Done, Attempt: 1, Results: []job.Result{{Name: "x"}}, Request: &job.Request{ID: id}})
		time.Sleep(2 * time.Minute)
		h := w.handleOf(id)
		w.mu.Lock()
		text, acked := w.messages[h.Card].text, w.pending[0].acked
		w.mu.Unlock()
		if h.Ending.Done.IsZero() || !acked || !strings.Contains(text, "/show") {
			t.Errorf("done %v, acknowledged %v, the card: %s", h.Ending.Done, acked, text)
		}
		if n := r.board.Stats().Panics; n != stumblesBare {
			t.Errorf("%d panics were counted", n)
		}
		r.stop()
		<-r.done
	})
}

// A record of which no card can be made is told all the same.
func TestAnEndThatHasNoCardIsTold(t *testing.T) {
	t.Parallel()
	for name, tell := range map[string]time.Duration{"in the card": -1, "by a message": time.Nanosecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(1)
				w.faults = false
				r := w.join()
				r.board.cfg.Offers, r.board.cfg.TellAfter = func() workflow.Catalog { panic("no catalog") }, tell
				synctest.Wait()
				id := w.ask(1, "a")
				w.write(job.State{Job: id, Phase: job.Done, Attempt: 1, Results: []job.Result{{Name: "x"}}, Request: &job.Request{ID: id}})
				time.Sleep(2 * time.Minute)
				r.stop()
				<-r.done
				h := w.handleOf(id)
				want := "Job " + id.String() + " has ended: "
				card := w.messages[h.Card].text
				if tell > 0 {
					want, card = "https://discord.com/channels/9/a/"+h.Ending.Sent[0].Message, card+w.messages[h.Ending.Sent[0].Message].text
				}
				if h.Ending.Done.IsZero() || !strings.Contains(card, want) || !strings.Contains(card, "/show") {
					t.Errorf("done %v, the card: %s", h.Ending.Done, card)
				}
			})
		})
	}
}

// wanting is a folder or a broker that does not give files, or half of them.
type wanting struct{ partly bool }

var errWanting = errors.New("no space left on device")

func (p wanting) Prepare(ctx context.Context, o delivery.Order, at delivery.Place) (*delivery.Plan, error) {
	if o.Insist || !p.partly {
		return nil, errWanting
	}
	plan, err := preparer{}.Prepare(ctx, o, at)
	plan.Batches[0].Files = plan.Batches[0].Files[1:]
	plan.Notes = []string{"Picture 1 is not attached: try /show later"}
	return plan, err
}

// An end whose files can not be had is told in words after a while, and with
// those that can be had.
func TestAnEndDoesNotWaitForItsFilesForEver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		preparer Preparer
		files    int
	}{"not one": {wanting{}, 0}, "some": {wanting{partly: true}, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { lack(t, c.preparer, c.files) })
		})
	}
}

func lack(t *testing.T, p Preparer, files int) {
	w := newWorld(1)
	w.faults = false
	w.preparer = p
	r := w.join()
	synctest.Wait()
	id := w.ask(1, "a")
	w.write(job.State{Job: id, Phase: job.Done, Attempt: 1, Results: []job.Result{{Name: "x"}, {Name: "y"}}, Request: &job.Request{ID: id}})
	time.Sleep(insists - longestPause)
	if h := w.handleOf(id); !h.Ending.Done.IsZero() {
		t.Error("the files were not waited for")
	}
	time.Sleep((stumblesBare + 2) * longestPause)
	r.stop()
	<-r.done
	h := w.handleOf(id)
	m, acked := w.messages[h.Card], w.pending[0].acked
	if len(h.Ending.Sent) > 0 {
		m = w.messages[h.Ending.Sent[0].Message]
	}
	if h.Ending.Done.IsZero() || !acked || m.files != files || !strings.Contains(m.text, "/show") || !strings.Contains(m.text, id.String()) {
		t.Errorf("done %v, acknowledged %v, %d files, the message: %s", h.Ending.Done, acked, m.files, m.text)
	}
}

// A card that is interrupted while it was summoned, and could not go on, goes,
// with what it holds; what is handed to it afterwards goes back.
func TestAnInterruptedCardGoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		w.faults = false
		w.preparer = poison{err: errors.New("the store is away")}
		r := w.join()
		synctest.Wait()
		id := w.ask(1, "a")
		w.write(job.State{Job: id, Phase: job.Done, Attempt: 1, Results: []job.Result{{Name: "x"}}})
		r.board.Show(id)
		time.Sleep(5 * time.Second)
		k := r.board.card(id)
		r.stop()
		<-r.done
		if n := r.board.Open(); n != 0 {
			t.Errorf("%d cards are left", n)
		}
		m := w.pending[0]
		if m.acked || !m.until.IsZero() {
			t.Errorf("acknowledged %v, held until %v", m.acked, m.until)
		}
		m.until = time.Now().Add(time.Hour)
		k.receive(&arrival{State: m.state.State, Seq: m.state.Seq, acknowledger: m})
		if !m.until.IsZero() || k.summon() {
			t.Error("a card that is gone keeps what it is given")
		}
	})
}

// Of two replicas that are to show an end one does.
func TestOneReplicaDelivers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(3)
		w.faults = false
		one, two := w.join(), w.join()
		synctest.Wait()
		id := w.ask(1, "a")
		time.Sleep(2 * time.Minute) // it is told by a new message, or by the card's token
		w.write(job.State{Job: id, Phase: job.Done, Attempt: 1, Results: []job.Result{{Name: "x"}}, Request: &job.Request{ID: id}})
		one.board.Show(id)
		two.board.Show(id)
		time.Sleep(time.Minute)
		if h := w.handleOf(id); h.Ending.Done.IsZero() || h.Ending.Holder != "" {
			t.Errorf("left behind: %+v", h.Ending)
		}
		if n := one.board.Stats().Ends + two.board.Stats().Ends; n != 1 {
			t.Errorf("delivered %d times", n)
		}
		one.stop()
		two.stop()
		<-one.done
		<-two.done
	})
}
