package board

import (
	"context"
	"flag"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

var (
	worlds    = flag.Uint64("worlds", 12, "worlds of chance that cards live in")
	worldSeed = flag.Uint64("seed", 1, "seed of the first of these worlds, the others follow it; drawn where 0")
)

// Replicas die, states come late and twice, Discord loses requests and
// answers: in the end each card tells its job's end, each result was sent once,
// and no rate was exceeded.
func TestCardsEndWellWhateverHappens(t *testing.T) {
	t.Parallel()
	n, first := *worlds, *worldSeed
	if testing.Short() {
		n = min(n, 3)
	}
	for first == 0 {
		first = rand.Uint64N(1 << 32)
	}
	for seed := first; seed < first+n && !t.Failed(); seed++ {
		t.Run("seed "+strconv.FormatUint(seed, 10), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { play(t, seed) })
			if t.Failed() {
				t.Logf("replay with -args -worlds 1 -seed %d; the order in which goroutines run is drawn anew", seed)
			}
		})
	}
}

func play(t *testing.T, seed uint64) {
	w := newWorld(seed)
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { w.deliver(ctx) })
	for range 3 {
		w.join()
	}
	var jobs []job.ID
	var running sync.WaitGroup
	for n := range 8 {
		id := w.ask(n, []string{"a", "b"}[n%2])
		jobs = append(jobs, id)
		running.Go(func() { w.live(id, n) })
	}
	var killed []*replica
	for range 3 { // with the jobs, which live for up to 25 minutes
		time.Sleep(time.Duration(60+w.intN(300)) * time.Second)
		killed = append(killed, w.replicas[0])
		w.kill(w.replicas[0])
		w.join()
	}
	running.Wait()
	w.mu.Lock()
	w.faults = false
	w.mu.Unlock()
	time.Sleep(10 * time.Minute)
	for _, id := range jobs {
		w.judge(t, id)
	}
	w.judgeRates(t)
	w.judgeMessages(t, jobs)
	cancel()
	for _, r := range append(killed, w.replicas...) {
		r.stop()
		<-r.done
	}
	group.Wait()
}

// live is a job's life: it waits, runs for seconds or for longer than a token
// lives, and ends.
func (w *world) live(id job.ID, n int) {
	w.write(job.State{Job: id, Phase: job.Queued})
	time.Sleep(time.Duration(n*n*n) * time.Second)
	w.write(job.State{Job: id, Phase: job.Submitted, Attempt: 1})
	w.write(job.State{Job: id, Phase: job.Running, Attempt: 1})
	for i := range 20 + n*n*n*10 {
		time.Sleep(300 * time.Millisecond)
		w.tick(job.Progress{Job: id, Attempt: 1, Percent: float64(i % 100), Step: i, At: time.Now()})
	}
	w.write(job.State{Job: id, Phase: job.Done, Attempt: 1, Results: []job.Result{{Name: "x"}}, Request: &job.Request{ID: id}})
}

// judge looks at what people see in the end.
func (w *world) judge(t *testing.T, id job.ID) {
	t.Helper()
	h := w.handleOf(id)
	w.mu.Lock()
	defer w.mu.Unlock()
	if h.Ending.Done.IsZero() {
		t.Errorf("the end of a job was never accepted: %+v", h.Ending)
		return
	}
	card := w.messages[h.Card]
	result := card
	if len(h.Ending.Sent) > 0 {
		result = w.messages[h.Ending.Sent[0].Message]
		if !strings.Contains(card.text, reply.Handle{Guild: "9"}.URL(card.channel, result.id)) {
			t.Errorf("the card does not lead to its result: %s", card.text)
		}
	}
	if result.files != 1 || !strings.Contains(result.text, "Done") {
		t.Errorf("the result is %d files, %s", result.files, result.text)
	}
	if len(h.Ending.Sent) > 1 {
		t.Errorf("sent %d times", len(h.Ending.Sent))
	}
}

// judgeRates counts the calls as they are sent, and as Discord does. Calls that
// the network holds up may arrive together with later ones: nobody who sends can
// help that, and they are counted as sent alone.
func (w *world) judgeRates(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, rule := range w.broken {
		t.Error(rule)
	}
	sent, arrived := map[string][]hit{}, map[string][]hit{}
	for _, c := range w.calls {
		sent[c.bucket] = append(sent[c.bucket], hit{at: c.sent})
		if !c.heldUp {
			arrived[c.bucket] = append(arrived[c.bucket], hit{at: c.at})
		}
	}
	judgeBuckets(t, "sent", sent)
	judgeBuckets(t, "arrived", arrived)
}

func judgeBuckets(t *testing.T, did string, by map[string][]hit) {
	t.Helper()
	for bucket, all := range by {
		window := 5 * time.Second
		if strings.HasPrefix(bucket, "token") {
			window = 2 * time.Second
		}
		slices.SortFunc(all, func(a, b hit) int { return a.at.Compare(b.at) })
		if n := most(all, window); n > 5 {
			t.Errorf("%d calls of bucket %s %s within %v", n, bucket, did, window)
		}
	}
}

// judgeMessages counts the new messages: those that the handles know, and no
// more.
func (w *world) judgeMessages(t *testing.T, jobs []job.ID) {
	t.Helper()
	sent := 0
	for _, id := range jobs {
		sent += len(w.handleOf(id).Ending.Sent)
	}
	if posts := len(w.messages) - len(w.tokens); posts != sent {
		t.Errorf("%d new messages, %d are known", posts, sent)
	}
	for _, r := range w.replicas {
		for _, k := range r.board.open() {
			t.Errorf("a card is still open: %+v", k.facts)
		}
	}
}
