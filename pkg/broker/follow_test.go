package broker_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

// follow starts a Follow that ends with the test.
func follow(t *testing.T, b *broker.Broker, ids ...job.ID) <-chan broker.Update {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	updates, err := b.Follow(ctx, queue, ids...)
	if err != nil {
		t.Fatalf("Follow: %v", err)
	}
	t.Cleanup(func() {
		cancel()
		for range updates { // closed when the follower has ended
		}
	})
	return updates
}

// story is what an update says, for comparing.
func story(u broker.Update) string {
	switch {
	case u.State != nil:
		return string(u.State.Phase)
	case u.Progress != nil:
		return fmt.Sprintf("%g%%", u.Progress.Percent)
	case u.Preview != nil:
		return "preview " + string(u.Preview.Data)
	case u.Snapshot != nil:
		return fmt.Sprintf("waiting %d", len(u.Snapshot.Waiting))
	}
	return "nothing"
}

func expect(t *testing.T, updates <-chan broker.Update, want ...string) {
	t.Helper()
	for _, w := range want {
		if got := story(next(t, updates, w)); got != w {
			t.Fatalf("update %q, want %q", got, w)
		}
	}
}

func TestFollowTellsTheStory(t *testing.T) {
	t.Parallel()
	_, b := setUp(t)
	term := lead(t, b)
	id := job.NewID()
	updates := follow(t, b, id)
	write(t, term.Term, job.State{Job: id, Phase: job.Queued})
	expect(t, updates, "queued")
	term.Snapshot(job.Snapshot{Waiting: []job.Place{{Job: id}}})
	expect(t, updates, "waiting 1")
	write(t, term.Term, job.State{Job: id, Phase: job.Submitted})
	write(t, term.Term, job.State{Job: id, Phase: job.Running})
	expect(t, updates, "submitted", "running")
	for i := range 3 {
		term.Progress(job.Progress{Job: id, Percent: float64(i)})
		expect(t, updates, fmt.Sprintf("%d%%", i))
	}
	term.Preview(job.Preview{Job: id, Type: "image/png", Data: []byte("P")})
	expect(t, updates, "preview P")
	term.Progress(job.Progress{Job: job.NewID(), Percent: 50}) // somebody else's
	write(t, term.Term, job.State{Job: id, Phase: job.Done})
	expect(t, updates, "done")
	term.Progress(job.Progress{Job: id, Percent: 99})
	term.Snapshot(job.Snapshot{})
	expect(t, updates, "waiting 0") // and no progress after the end
}

func TestFollowALateJoinerSeesWhatIsStored(t *testing.T) {
	t.Parallel()
	_, b := setUp(t)
	term := lead(t, b)
	id, ended := job.NewID(), job.NewID()
	for _, p := range []job.Phase{job.Queued, job.Submitted, job.Running} {
		write(t, term.Term, job.State{Job: id, Phase: p})
		write(t, term.Term, job.State{Job: ended, Phase: p})
	}
	write(t, term.Term, job.State{Job: ended, Phase: job.Failed})
	term.Progress(job.Progress{Job: id, Percent: 42})
	term.Progress(job.Progress{Job: ended, Percent: 99})
	term.Preview(job.Preview{Job: id, Type: "image/jpeg", Data: []byte("J")})
	term.Snapshot(job.Snapshot{})
	eventually(t, "everything is stored", func() bool {
		_, err := b.Snapshot(t.Context(), queue)
		p, perr := b.Progress(t.Context(), ended)
		return err == nil && perr == nil && p.Percent == 99
	})
	expect(t, follow(t, b, id, ended), "running", "failed", "waiting 0", "42%", "preview J")
}

func TestFollowLeavesOlderEpochsOut(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	nc, _ := raw(t, s)
	first := lead(t, b)
	old := first.Epoch()
	id := job.NewID()
	first.end(t)
	second := lead(t, connect(t, s, nil))
	updates := follow(t, b, id)
	second.Snapshot(job.Snapshot{Waiting: make([]job.Place, 2)})
	expect(t, updates, "waiting 2")
	write(t, second.Term, job.State{Job: id, Phase: job.Running})
	expect(t, updates, "running")
	progress := fmt.Sprintf("discomfy.progress.%d.%s", id.Partition(), id)
	late := message(t, progress, job.Progress{Job: id, Epoch: old, Percent: 77, At: time.Now()})
	order := message(t, "discomfy.queue.default", job.Snapshot{Queue: queue, Epoch: old, At: time.Now()})
	publish(t, nc, late, order)
	second.Progress(job.Progress{Job: id, Percent: 10})
	expect(t, updates, "10%")
	// The progress of a term that has only just begun outdates this one's.
	publish(t, nc, message(t, progress, job.Progress{Job: id, Epoch: second.Epoch() + 9, Percent: 20, At: time.Now()}))
	expect(t, updates, "20%")
	second.Progress(job.Progress{Job: id, Percent: 30})
	write(t, second.Term, job.State{Job: id, Phase: job.Done})
	expect(t, updates, "done")
}

// A state that the stream refused is seen as a plain message, and junk may
// come on any subject; neither is told.
func TestFollowBelievesTheStreamOnly(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	nc, _ := raw(t, s)
	term := lead(t, b)
	id := job.NewID()
	updates := follow(t, b, id)
	write(t, term.Term, job.State{Job: id, Phase: job.Running})
	expect(t, updates, "running")
	refused := message(t, fmt.Sprintf("discomfy.state.%d.%s", id.Partition(), id), job.State{Job: id, Phase: job.Failed})
	refused.Header.Set("Nats-Expected-Last-Subject-Sequence", "1")
	refused.Header.Set("Nats-Expected-Last-Subject-Sequence-Subject", "discomfy.epoch.default")
	publish(t, nc, refused)
	for _, junk := range []string{"{", `{"job":""}`, "\xff"} {
		publish(t, nc,
			&nats.Msg{Subject: fmt.Sprintf("discomfy.progress.%d.%s", id.Partition(), id), Data: []byte(junk)},
			&nats.Msg{Subject: fmt.Sprintf("discomfy.preview.%d.%s", id.Partition(), id), Data: []byte(junk)},
			&nats.Msg{Subject: "discomfy.queue.default", Data: []byte(junk)})
	}
	write(t, term.Term, job.State{Job: id, Phase: job.Done})
	expect(t, updates, "done")
}

func publish(t *testing.T, nc *nats.Conn, messages ...*nats.Msg) {
	t.Helper()
	for _, m := range messages {
		if err := nc.PublishMsg(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
}

// A receiver that sleeps gets every state, and of the live the newest.
func TestFollowASlowReader(t *testing.T) {
	t.Parallel()
	_, b := setUp(t)
	term := lead(t, b)
	ids := make([]job.ID, 20)
	for i := range ids {
		ids[i] = job.NewID()
	}
	updates := follow(t, b, ids...)
	phases := []job.Phase{job.Queued, job.Submitted, job.Running}
	for _, id := range ids {
		for _, p := range phases {
			write(t, term.Term, job.State{Job: id, Phase: p})
		}
		for i := range 50 {
			term.Progress(job.Progress{Job: id, Percent: float64(i)})
		}
	}
	seen := make(map[job.ID][]job.Phase)
	newest := make(map[job.ID]float64)
	received := 0
	for len(newest) < len(ids) || !all(newest, 49) || !complete(seen, ids, phases) {
		u := next(t, updates, "all states and the newest progress")
		received++
		switch {
		case u.State != nil:
			seen[u.State.Job] = append(seen[u.State.Job], u.State.Phase)
		case u.Progress != nil:
			newest[u.Progress.Job] = u.Progress.Percent
		}
	}
	if received > len(ids)*(len(phases)+50) {
		t.Errorf("%d updates", received)
	}
}

func all(m map[job.ID]float64, want float64) bool {
	for _, v := range m {
		if v != want {
			return false
		}
	}
	return true
}

// complete reports whether every job's states came once, in order; the first
// one may be later than the first that was written, as for a late joiner.
func complete(seen map[job.ID][]job.Phase, ids []job.ID, phases []job.Phase) bool {
	for _, id := range ids {
		got := seen[id]
		if len(got) == 0 || diff(phases[len(phases)-len(got):], got) != "" {
			return false
		}
	}
	return true
}

func TestFollowSurvivesARestart(t *testing.T) {
	t.Parallel()
	r, b := setUpRestartable(t)
	watcher := connect(t, r.Server, nil)
	term := lead(t, b)
	id := job.NewID()
	write(t, term.Term, job.State{Job: id, Phase: job.Queued})
	updates := follow(t, watcher, id)
	expect(t, updates, "queued")
	r.restart(t)
	write(t, term.Term, job.State{Job: id, Phase: job.Submitted})
	write(t, term.Term, job.State{Job: id, Phase: job.Running})
	expect(t, updates, "submitted", "running")
	term.Progress(job.Progress{Job: id, Percent: 5})
	expect(t, updates, "5%")
}

// What was written while only the follower was away is read when it is back.
func TestFollowReadsWhatItMissed(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	p := startProxy(t, strings.TrimPrefix(s.ClientURL(), "nats://"))
	watcher := connect(t, s, func(c *broker.Config) { c.URL = "nats://" + p.addr() })
	term := lead(t, b)
	id := job.NewID()
	write(t, term.Term, job.State{Job: id, Phase: job.Queued})
	updates := follow(t, watcher, id)
	expect(t, updates, "queued")
	p.cut()
	write(t, term.Term, job.State{Job: id, Phase: job.Submitted})
	write(t, term.Term, job.State{Job: id, Phase: job.Running})
	term.Snapshot(job.Snapshot{Waiting: make([]job.Place, 3)})
	term.Progress(job.Progress{Job: id, Percent: 33})
	eventually(t, "the progress is stored", func() bool {
		_, err := b.Progress(t.Context(), id)
		return err == nil
	})
	p.mend()
	expect(t, updates, "submitted", "running", "waiting 3", "33%")
}

func TestFollowOfAQueueAlone(t *testing.T) {
	t.Parallel()
	_, b := setUp(t)
	term := lead(t, b)
	updates := follow(t, b)
	for i := range 3 {
		term.Snapshot(job.Snapshot{Waiting: make([]job.Place, i)})
		expect(t, updates, fmt.Sprintf("waiting %d", i))
	}
}
