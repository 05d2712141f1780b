package board

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/job"
)

// An edit that is on its way when its sender dies, stops or gives up, and that
// arrives after the end, does not stay.
func TestWhatArrivesAfterTheEndDoesNotStay(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*world, *replica){
		"its sender died":    func(w *world, r *replica) { w.kill(r) },
		"its sender stopped": func(_ *world, r *replica) { r.stop() },
		"its sender sleeps":  func(*world, *replica) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { overtake(t, leave) })
		})
	}
}

func overtake(t *testing.T, leave func(*world, *replica)) {
	w := newWorld(1)
	w.faults = false
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.deliver(ctx) }()
	first := w.join()
	id := w.ask(0, "a")
	w.write(job.State{Job: id, Phase: job.Queued})
	w.write(job.State{Job: id, Phase: job.Running, Attempt: 1})
	time.Sleep(5 * time.Second)
	w.mu.Lock()
	first.slow = 9 * time.Second
	edits := w.messages["0"].edits
	w.mu.Unlock()
	first.board.progress(job.Progress{Job: id, Attempt: 1, Percent: 20, At: time.Now()})
	second := w.join()
	time.Sleep(3 * time.Second) // the edit of the first is on its way
	w.mu.Lock()
	w.replicas = []*replica{second} // all that comes now is the other one's
	w.mu.Unlock()
	leave(w, first)
	w.write(job.State{Job: id, Phase: job.Done, Attempt: 1, Results: []job.Result{{Name: "x"}}, Request: &job.Request{ID: id}})
	time.Sleep(2 * time.Minute)
	w.judge(t, id)
	if n := w.messages["0"].edits - edits; n < 3 {
		t.Errorf("%d edits: the late one did not come between two ends", n)
	}
	cancel()
	<-done
	for _, r := range []*replica{first, second} {
		r.stop()
		<-r.done
	}
}

// A trace is there, and is looked for, as long as an edit that it tells of may
// be on its way: the last edit of its period, sent as late as may be.
func TestATraceOutlastsItsEdits(t *testing.T) {
	t.Parallel()
	id := job.NewID()
	for _, skew := range []time.Duration{-9 * time.Second, 0, 9 * time.Second} {
		for left := range int(strayFor / time.Second) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(1)
				editor, ender := traced(w, id), traced(w, id)
				late := time.Duration(left) * time.Second
				time.Sleep(strayFor - time.Duration(time.Now().Add(skew).UnixNano())%strayFor) // a period begins
				time.Sleep(late)
				if err := editor.trace(t.Context(), time.Now().Add(skew)); err != nil {
					t.Fatal(err)
				}
				time.Sleep(strayFor - late + strayFor/2 + strayFor - time.Second)
				if look, err := ender.suspicion(t.Context()); err != nil || look.IsZero() {
					t.Errorf("a trace %v into its period is not seen, clocks %v apart: %v", late, skew, err)
				}
				time.Sleep(traceLife)
				if look, err := ender.suspicion(t.Context()); err != nil || !look.IsZero() {
					t.Errorf("it is seen for ever: %v", err)
				}
			})
		}
	}
}

// traced is a card of a replica of its own.
func traced(w *world, id job.ID) *keeper {
	r := &replica{w: w}
	b := New(Config{Broker: &inside{world: w, r: r}, Discord: &outside{w, r}})
	return newKeeper(context.Background(), b, id)
}

// Where one replica has edited the card all along, nothing is looked at again.
func TestACardOfOneReplicaIsNotLookedAtAgain(t *testing.T) {
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
		time.Sleep(5 * time.Second)
		w.judge(t, id)
		if look := w.handleOf(id).Ending.Look; !look.IsZero() {
			t.Errorf("the card is to be looked at again at %v", look)
		}
		cancel()
		<-done
		only.stop()
		<-only.done
	})
}

// An edit whose sender was frozen when it had looked at the state, and that is
// killed when it has sent it, does not stay.
func TestWhatAFrozenReplicaWasAboutToSayDoesNotStay(t *testing.T) {
	t.Parallel()
	for name, frozen := range map[string]time.Duration{
		"shortly": 3 * time.Second, "for longer than its state is its own": 31 * time.Second, "for long": 3 * time.Minute,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { thaw(t, frozen) })
		})
	}
}

func thaw(t *testing.T, after time.Duration) {
	w := newWorld(1)
	w.faults = false
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.deliver(ctx) }()
	first := w.join()
	id := w.ask(0, "a")
	w.mu.Lock()
	first.stuck = after
	w.mu.Unlock()
	w.write(job.State{Job: id, Phase: job.Queued})
	w.write(job.State{Job: id, Phase: job.Running, Attempt: 1})
	time.Sleep(2500 * time.Millisecond) // it has the claim
	second := w.join()
	time.Sleep(100 * time.Millisecond) // it runs
	w.mu.Lock()
	w.replicas = []*replica{second}
	w.mu.Unlock()
	w.write(job.State{Job: id, Phase: job.Done, Attempt: 1, Results: []job.Result{{Name: "x"}}, Request: &job.Request{ID: id}})
	time.Sleep(after - 2600*time.Millisecond)
	edits := w.edits("0")
	for range 4000 { // until it has sent it
		if time.Sleep(time.Millisecond); w.edits("0") > edits {
			break
		}
	}
	w.kill(first)
	time.Sleep(2 * time.Minute)
	w.judge(t, id)
	cancel()
	<-done
	for _, r := range []*replica{first, second} {
		r.stop()
		<-r.done
	}
}

func (w *world) edits(message string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.messages[message].edits
}

// A card that several replicas want to look at again is looked at once, also
// where the first of them dies before it can tell.
func TestOneReplicaLooksAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dies bool
		want int
	}{"as a rule": {false, 1}, "the first one dies": {true, 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { lookTogether(t, c.dies, c.want) })
		})
	}
}

func lookTogether(t *testing.T, dies bool, want int) {
	w := newWorld(1)
	w.faults = false
	id := w.ask(0, "a")
	w.write(job.State{Job: id, Phase: job.Done, Attempt: 1, Results: []job.Result{{Name: "x"}}, Request: &job.Request{ID: id}})
	due := time.Now().Add(strayFor).UTC()
	h := w.handleOf(id)
	h.Ending.InCard, h.Ending.Done, h.Ending.Look = true, time.Now().UTC(), due
	w.replies[id], _ = json.Marshal(h)
	var all []*replica
	for range 3 {
		r := w.join()
		synctest.Wait() // it runs
		r.board.Show(id)
		all = append(all, r)
	}
	time.Sleep(time.Until(due))
	for range 2000 { // until one looks
		if time.Sleep(time.Millisecond); len(w.made()) > 0 {
			break
		}
	}
	if calls := w.made(); dies && len(calls) > 0 {
		w.kill(calls[0].by) // the answer is on its way
	}
	time.Sleep(strayFor)
	if calls := w.made(); len(calls) != want {
		t.Errorf("looked %d times, want %d", len(calls), want)
	}
	if e := w.handleOf(id).Ending; !e.Look.IsZero() || !e.Over() {
		t.Errorf("the look is not over: %+v", e)
	}
	for _, r := range all {
		r.stop()
		<-r.done
	}
}

func (w *world) made() []madeCall {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls)
}
