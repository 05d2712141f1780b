package board

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/job"
)

// clicked is a person who clicks Refresh while the files are prepared.
type clicked struct {
	preparer

	click func()
}

func (c *clicked) Prepare(ctx context.Context, o delivery.Order, at delivery.Place) (*delivery.Plan, error) {
	if c.click != nil {
		c.click()
		c.click = nil
	}
	return c.preparer.Prepare(ctx, o, at)
}

// A click that brings a token in the moment in which the end is about to be left
// for the next click is not lost.
func TestAClickIsNotLostWhileAnEndIsParked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		w.faults = false
		person := &clicked{}
		w.preparer = person
		r := w.join()
		synctest.Wait()
		id := w.ask(1, "a")
		renew := func(dies time.Time) {
			h := w.handleOf(id)
			h.Private, h.Ephemeral, h.TokenDies, h.Ending.Parked = true, true, dies, false
			w.mu.Lock()
			defer w.mu.Unlock()
			h.Token += "x"
			w.tokens[h.Token], w.dies[h.Token] = w.messages["1"], dies
			w.replies[id], _ = json.Marshal(h)
			w.revision[id]++
		}
		renew(time.Now().Add(-time.Minute))
		person.click = func() {
			renew(time.Now().Add(api.TokenLife))
			r.board.Show(id)
		}
		w.write(job.State{Job: id, Phase: job.Done, Attempt: 1, Results: []job.Result{{Name: "x"}}, Request: &job.Request{ID: id}})
		time.Sleep(time.Minute)
		r.stop()
		<-r.done
		if h := w.handleOf(id); h.Ending.Done.IsZero() || w.messages["1"].files != 1 {
			t.Errorf("the end was not shown: %+v", h.Ending)
		}
	})
}

// A click on what is left of a job that nobody knows any more opens no card that
// stays.
func TestAJobThatNobodyKnowsHasNoCard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		r := w.join()
		synctest.Wait()
		r.board.Show(job.NewID())
		time.Sleep(time.Second)
		if n := r.board.Open(); n != 0 {
			t.Errorf("%d cards are open", n)
		}
		r.stop()
		<-r.done
	})
}
