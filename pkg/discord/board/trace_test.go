package board

import (
	"context"
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
