package broker_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded"
	"discomfy/pkg/broker/embedded/embeddedtest"
	"discomfy/pkg/job"
)

// setUpDiscord is a server that holds what the Discord ingress needs too.
func setUpDiscord(t testing.TB) (*embedded.Server, *broker.Broker) {
	t.Helper()
	s := embeddedtest.Start(t)
	b := connect(t, s, nil)
	err := b.Init(t.Context(), broker.InitConfig{ResultsBytes: 256 << 20, InputsBytes: 64 << 20, Discord: true})
	if err != nil {
		t.Fatalf("Init: %v", err)
	}
	return s, b
}

func TestInitForDiscordTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	s, _ := setUpDiscord(t)
	_, js := raw(t, s)
	before := configs(t, js)
	logs := new(logBuffer)
	again := connect(t, s, func(c *broker.Config) { c.Log = logger(logs) })
	if err := again.Init(t.Context(), broker.InitConfig{Discord: true}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, configs(t, js)); d != "" {
		t.Errorf("a second Init changed settings (-before +after):\n%s", d)
	}
	if strings.Contains(logs.String(), "updated") || strings.Contains(logs.String(), "created") {
		t.Errorf("a second Init changed something:\n%s", logs)
	}
}

func TestOneOfManyHasTheClaim(t *testing.T) {
	t.Parallel()
	s, first := setUpDiscord(t)
	replicas := []*broker.Broker{first, connect(t, s, nil), connect(t, s, nil)}
	for round := range 20 {
		key := "interaction-" + string(rune('a'+round))
		var group sync.WaitGroup
		won := make([]bool, len(replicas))
		for i, b := range replicas {
			group.Go(func() {
				var err error
				if won[i], err = b.Claim(t.Context(), key, 0); err != nil {
					t.Errorf("Claim: %v", err)
				}
			})
		}
		group.Wait()
		if n := count(won); n != 1 {
			t.Fatalf("%d of %d replicas have the claim %s", n, len(replicas), key)
		}
	}
	if claimed, err := first.Claimed(t.Context(), "interaction-a"); err != nil || !claimed {
		t.Errorf("Claimed: %v, %v", claimed, err)
	}
	if claimed, err := first.Claimed(t.Context(), "nobodys"); err != nil || claimed {
		t.Errorf("Claimed of what nobody has claimed: %v, %v", claimed, err)
	}
}

func count(won []bool) (n int) {
	for _, w := range won {
		if w {
			n++
		}
	}
	return n
}

func TestAClaimEndsByItself(t *testing.T) {
	t.Parallel()
	_, b := setUpDiscord(t)
	if won, err := b.Claim(t.Context(), "slot", time.Second); err != nil || !won {
		t.Fatalf("the first claim: %v, %v", won, err)
	}
	if won, err := b.Claim(t.Context(), "slot", time.Second); err != nil || won {
		t.Fatalf("the claim of a taken key: %v, %v", won, err)
	}
	eventually(t, "the key is free again", func() bool {
		won, err := b.Claim(t.Context(), "slot", time.Second)
		return err == nil && won
	})
}

// The stream keeps no claim longer than this, whatever its message asks for: a
// longer one would be lost without a word.
func TestAClaimIsNotLongerThanItIsKept(t *testing.T) {
	t.Parallel()
	s, b := setUpDiscord(t)
	_, js := raw(t, s)
	stream, err := js.Stream(t.Context(), "DISCOMFY_CLAIMS")
	if err != nil {
		t.Fatal(err)
	}
	if kept := stream.CachedInfo().Config.MaxAge; kept != broker.LongestClaim {
		t.Errorf("claims are kept for %v, promised are %v", kept, broker.LongestClaim)
	}
	if _, err := b.Claim(t.Context(), "long", broker.LongestClaim+time.Second); err == nil {
		t.Error("a claim for longer was accepted")
	}
	if won, err := b.Claim(t.Context(), "long", broker.LongestClaim); err != nil || !won {
		t.Errorf("the longest one: %v, %v", won, err)
	}
}

func TestAClaimsKeyIsOneToken(t *testing.T) {
	t.Parallel()
	_, b := setUpDiscord(t)
	for _, key := range []string{"", "a.b", "*", ">", "a b", strings.Repeat("k", 129)} {
		if _, err := b.Claim(t.Context(), key, 0); err == nil {
			t.Errorf("key %q was accepted", key)
		}
	}
}

func TestWithoutTheSetUpAClaimSaysSo(t *testing.T) {
	t.Parallel()
	_, b := setUp(t)
	_, err := b.Claim(t.Context(), "key", 0)
	wantErr(t, err, broker.ErrNotSetUp)
	_, err = b.PutReply(t.Context(), job.NewID(), []byte("{}"), 0)
	wantErr(t, err, broker.ErrNotSetUp)
	err = b.Render(t.Context(), broker.RenderConfig{})
	wantErr(t, err, broker.ErrNotSetUp)
}

func TestAReplyChangesOnlyFromWhatWasRead(t *testing.T) {
	t.Parallel()
	_, b := setUpDiscord(t)
	id := job.NewID()
	_, _, err := b.Reply(t.Context(), id)
	wantErr(t, err, broker.ErrNotFound)
	first, err := b.PutReply(t.Context(), id, []byte(`{"n":1}`), 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.PutReply(t.Context(), id, []byte(`{"n":2}`), 0)
	wantErr(t, err, broker.ErrConflict)
	second, err := b.PutReply(t.Context(), id, []byte(`{"n":3}`), first)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.PutReply(t.Context(), id, []byte(`{"n":4}`), first)
	wantErr(t, err, broker.ErrConflict)
	data, revision, err := b.Reply(t.Context(), id)
	if err != nil || string(data) != `{"n":3}` || revision != second {
		t.Errorf("stored %s in revision %d, %v; want n 3 in %d", data, revision, err, second)
	}
	if _, err := b.PutReply(t.Context(), id, []byte(`{"n":5}`), broker.AnyRevision); err != nil {
		t.Errorf("overwrite: %v", err)
	}
}

func TestDraftsAreKeptUnderTheirKey(t *testing.T) {
	t.Parallel()
	_, b := setUpDiscord(t)
	_, err := b.Draft(t.Context(), "ann-1")
	wantErr(t, err, broker.ErrNotFound)
	for _, text := range []string{"one", "two"} {
		if err := b.PutDraft(t.Context(), "ann-1", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := b.Draft(t.Context(), "ann-1"); err != nil || string(got) != "two" {
		t.Errorf("draft %q, %v", got, err)
	}
}

func TestADeletedResultIsGone(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	term := lead(t, b)
	name := job.NewID().String() + "/1-1.png"
	if _, _, err := term.PutResult(t.Context(), name, strings.NewReader(strings.Repeat("x", 3<<20))); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := b.DeleteResult(t.Context(), name); err != nil {
			t.Fatalf("DeleteResult: %v", err)
		}
		_, err := b.GetResult(t.Context(), name)
		wantErr(t, err, broker.ErrNotFound)
	}
	_, js := raw(t, s)
	stream, err := js.Stream(t.Context(), "OBJ_DISCOMFY_RESULTS")
	if err != nil {
		t.Fatal(err)
	}
	if size := stream.CachedInfo().State.Bytes; size > 4<<10 {
		t.Errorf("%d bytes are left of a deleted file", size)
	}
}

// replica is one that takes part in showing jobs.
type replica struct {
	b        *broker.Broker
	states   chan *broker.StateDelivery
	progress chan job.Progress
	stop     context.CancelFunc
	done     chan error
}

func startReplica(t *testing.T, b *broker.Broker) *replica {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &replica{b: b, stop: cancel, done: make(chan error, 1),
		states: make(chan *broker.StateDelivery, 1000), progress: make(chan job.Progress, 1000)}
	go func() {
		r.done <- b.Render(ctx, broker.RenderConfig{
			State:    func(_ context.Context, d *broker.StateDelivery) { r.states <- d },
			Progress: func(p job.Progress) { r.progress <- p },
		})
	}()
	t.Cleanup(func() { r.end(t) })
	return r
}

func (r *replica) end(t *testing.T) {
	t.Helper()
	r.stop()
	select {
	case err := <-r.done:
		if err != nil {
			t.Errorf("Render: %v", err)
		}
		r.done <- nil
	case <-time.After(patience):
		t.Error("Render does not return")
	}
}

func TestEachStateIsShownByOneReplica(t *testing.T) {
	t.Parallel()
	s, b := setUpDiscord(t)
	replicas := []*replica{startReplica(t, connect(t, s, nil)), startReplica(t, connect(t, s, nil)), startReplica(t, connect(t, s, nil))}
	term := lead(t, b)
	shownBy := make(map[job.ID]int)
	const jobs = 40
	for range jobs {
		r := request()
		submit(t, b, r)
		write(t, term.Term, job.State{Job: r.ID, Phase: job.Queued, Queue: queue})
	}
	for range jobs {
		var d *broker.StateDelivery
		var who int
		select {
		case d = <-replicas[0].states:
		case d = <-replicas[1].states:
			who = 1
		case d = <-replicas[2].states:
			who = 2
		case <-time.After(patience):
			t.Fatalf("%d of %d states were shown", len(shownBy), jobs)
		}
		if before, ok := shownBy[d.State.Job]; ok {
			t.Errorf("job %s is shown by replica %d and by %d", d.State.Job, before, who)
		}
		shownBy[d.State.Job] = who
		if err := d.Ack(); err != nil {
			t.Error(err)
		}
	}
}

func TestTheCardMovesWhenItsReplicaDies(t *testing.T) {
	t.Parallel()
	s, b := setUpDiscord(t)
	replicas := []*replica{startReplica(t, connect(t, s, nil)), startReplica(t, connect(t, s, nil))}
	term := lead(t, b)
	id := job.NewID()
	owner, other := firstTick(t, term.Term, id, replicas)
	owner.b.Close() // as when the process is killed: its connection is gone, without a word
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		select {
		case <-tick.C:
			term.Progress(job.Progress{Job: id, Percent: 50, At: time.Now()})
		case p := <-other.progress:
			if p.Job != id {
				t.Errorf("progress of %s", p.Job)
			}
			return
		case <-deadline:
			t.Fatal("no other replica took the card over")
		}
	}
}

// firstTick publishes progress until a replica shows it.
func firstTick(t *testing.T, term *broker.Term, id job.ID, replicas []*replica) (owner, other *replica) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		select {
		case <-tick.C:
			term.Progress(job.Progress{Job: id, Percent: 10, At: time.Now()})
		case <-replicas[0].progress:
			return replicas[0], replicas[1]
		case <-replicas[1].progress:
			return replicas[1], replicas[0]
		case <-deadline:
			t.Fatal("no replica shows the progress")
		}
	}
}

func TestAStateThatIsNotAcknowledgedComesAgain(t *testing.T) {
	t.Parallel()
	s, b := setUpDiscord(t)
	r := startReplica(t, connect(t, s, nil))
	term := lead(t, b)
	want := request()
	submit(t, b, want)
	write(t, term.Term, job.State{Job: want.ID, Phase: job.Queued, Queue: queue})
	d := next(t, r.states, "the state")
	if d.Redelivered || d.State.Job != want.ID {
		t.Errorf("the first delivery: %+v", d)
	}
	if err := errors.Join(d.Hold(), d.Again(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	again := next(t, r.states, "the state, once more")
	if !again.Redelivered || again.Seq != d.Seq {
		t.Errorf("the second delivery: %+v", again)
	}
	if err := again.Ack(); err != nil {
		t.Fatal(err)
	}
}

func TestJobsOfOneUserAreCountedAlone(t *testing.T) {
	t.Parallel()
	_, b := setUp(t)
	ann, ben := request(), request()
	ben.User = "discord-2"
	submit(t, b, ann, ben, request())
	jobs, err := b.PendingJobsOf(t.Context(), queue, "discord-2")
	if err != nil || len(jobs) != 1 || jobs[0].ID != ben.ID {
		t.Errorf("jobs of ben: %v, %v", jobs, err)
	}
	if jobs, err = b.PendingJobsOf(t.Context(), queue, "discord-3"); err != nil || len(jobs) != 0 {
		t.Errorf("jobs of nobody: %v, %v", jobs, err)
	}
}
