package board

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/job"
)

// Whenever a replica dies, the one that hears of the job then goes on with its
// card in the next turn.
func TestADeadReplicasCardGoesOnWithinASecond(t *testing.T) {
	t.Parallel()
	for n := range 20 {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(uint64(n))
			w.faults = false
			first, second := w.join(), w.join()
			id := w.ask(1, "a")
			step := 0
			tick := func(r *replica) {
				step++
				p := job.Progress{Job: id, Attempt: 1, Percent: float64(step % 100), Step: step, At: time.Now()}
				w.mu.Lock()
				w.progress[id] = p
				w.mu.Unlock()
				r.board.progress(p)
				time.Sleep(100 * time.Millisecond) // synctest
			}
			for first.board.count.edits.Load() < 3 {
				tick(first)
			}
			time.Sleep(time.Duration(n) * 53 * time.Millisecond) // synctest
			w.kill(first)
			killed := time.Now()
			for second.board.count.edits.Load() == 0 && time.Since(killed) < 5*time.Second {
				tick(second)
			}
			if took := time.Since(killed); took > 700*time.Millisecond {
				t.Errorf("the card went on after %v", took)
			}
			second.stop()
			<-first.done
			<-second.done
			time.Sleep(time.Minute) // synctest: what was on its way has arrived
		})
	}
}

// Replicas that all hear of a job edit its card together no more often than its
// token may be used, its end included.
func TestReplicasThatHearOfOneJobEditSeldom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		w.faults = false
		replicas := []*replica{w.join(), w.join(), w.join(), w.join()}
		id := w.ask(1, "a")
		for step := range 600 {
			p := job.Progress{Job: id, Attempt: 1, Percent: float64(step % 100), Step: step, At: time.Now()}
			w.mu.Lock()
			w.progress[id] = p
			w.mu.Unlock()
			for _, r := range replicas {
				r.board.progress(p)
			}
			time.Sleep(100 * time.Millisecond) // synctest
		}
		var edits []hit
		for _, c := range w.calls {
			if strings.HasPrefix(c.bucket, "token") {
				edits = append(edits, hit{at: c.at})
			}
		}
		// A call takes up to 400 ms to its arrival here.
		if n := most(edits, 2*time.Second-400*time.Millisecond); n > 4 {
			t.Errorf("%d edits within 2 s", n)
		}
		if len(edits) < int(time.Minute/tickGap) {
			t.Errorf("only %d edits", len(edits))
		}
		for _, r := range replicas {
			r.stop()
			<-r.done
		}
	})
}
