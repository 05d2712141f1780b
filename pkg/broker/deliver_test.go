package broker_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

// take receives n deliveries.
func take(t testing.TB, term *broker.Term, n int) []job.ID {
	t.Helper()
	ids := make([]job.ID, 0, n)
	for range n {
		ids = append(ids, next(t, term.Deliveries(), "a delivery").Request.ID)
	}
	return ids
}

func many(n int) ([]job.Request, []job.ID) {
	var requests []job.Request
	var ids []job.ID
	for i := range n {
		r := request()
		r.User = job.User(fmt.Sprintf("terminal-%d", i%7))
		requests, ids = append(requests, r), append(ids, r.ID)
	}
	return requests, ids
}

func TestEveryHeldJobComesToTheNextTermInOrder(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	requests, ids := many(500)
	submit(t, b, requests...)
	first := lead(t, b)
	if d := diff(ids, take(t, first.Term, len(ids))); d != "" {
		t.Fatalf("the first term's order (-want +got):\n%s", d)
	}
	first.end(t)
	second := lead(t, connect(t, s, nil))
	began := time.Now()
	if d := diff(ids, take(t, second.Term, len(ids))); d != "" {
		t.Errorf("the second term's order (-want +got):\n%s", d)
	}
	t.Logf("%d held jobs came again within %v", len(ids), time.Since(began))
	d := request()
	submit(t, b, d)
	if got := take(t, second.Term, 1); got[0] != d.ID {
		t.Errorf("then came %v, want the new job", got)
	}
}

// A frozen holder's pull does not swallow what belongs to its successor for
// longer than a third of the lease, and what it gets late it gives back.
func TestASuccessorOfAFrozenHolderGetsEverything(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	g := newGate(broker.BeforeRenew)
	frozen := lead(t, connect(t, s, func(c *broker.Config) { c.Hook, c.Lease = g.hook, time.Second }))
	requests, ids := many(50)
	submit(t, b, requests...)
	take(t, frozen.Term, 20)
	g.closed.Store(true)
	successor := lead(t, connect(t, s, nil))
	got := take(t, successor.Term, len(ids))
	slices.SortFunc(got, job.ID.Compare) // what the frozen pull was given comes later
	if d := diff(ids, got); d != "" {
		t.Errorf("jobs (-want +got):\n%s", d)
	}
	g.release()
}

func TestWhatIsNotOursLeavesTheQueue(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	nc, js := raw(t, s)
	advisories, err := nc.SubscribeSync("$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.DISCOMFY_JOBS.>")
	if err != nil {
		t.Fatal(err)
	}
	ours := request()
	foreign := map[string]string{
		"discomfy.jobs.default.ann.not-an-id":                        `{}`,
		"discomfy.jobs.default.ann." + job.NewID().String():          `{`,
		"discomfy.jobs.default.bob." + job.NewID().String():          "\xff\xfe",
		"discomfy.jobs.default.cy." + job.NewID().String():           `{"id":"` + job.NewID().String() + `"}`,
		"discomfy.jobs.default.terminal-eve." + ours.ID.String():     body(t, ours), // another user's subject
		"discomfy.jobs.default.terminal-ann." + job.NewID().String(): body(t, request()),
	}
	for subject, data := range foreign {
		if _, err := js.Publish(t.Context(), subject, []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	submit(t, b, ours)
	logs := new(logBuffer)
	active := connect(t, s, func(c *broker.Config) { c.Log = logger(logs) })
	term := lead(t, active)
	if got := take(t, term.Term, 1); got[0] != ours.ID {
		t.Errorf("delivered %v, want only %v", got, ours.ID)
	}
	eventually(t, "all are counted", func() bool { return active.Stats().Foreign == uint64(len(foreign)) })
	if n := strings.Count(logs.String(), "not ours"); n != len(foreign) {
		t.Errorf("%d log lines for %d messages", n, len(foreign))
	}
	for range foreign {
		msg, err := advisories.NextMsg(patience)
		if err != nil || !strings.Contains(string(msg.Data), `"reason"`) {
			t.Errorf("advisory %v without a reason: %v", msg, err)
		}
	}
	if jobs, err := b.PendingJobs(t.Context(), queue); err != nil || len(jobs) != 1 {
		t.Errorf("left in the queue: %v, %v", jobs, err)
	}
}

func TestReconnectReplacesAckHandles(t *testing.T) {
	t.Parallel()
	r, b := setUpRestartable(t)
	requests, ids := many(20)
	submit(t, b, requests...)
	term := lead(t, b)
	take(t, term.Term, len(ids))
	r.restart(t)
	eventually(t, "the held jobs come again", func() bool { return b.Stats().Redelivered >= uint64(len(ids)) })
	late := request()
	submit(t, b, late)
	if got := take(t, term.Term, 1); got[0] != late.ID {
		t.Fatalf("delivered %v again, want only the new job", got)
	}
	for _, id := range append(ids, late.ID) {
		write(t, term.Term, job.State{Job: id, Phase: job.Done})
		if err := term.Done(t.Context(), id); err != nil {
			t.Fatalf("Done with a replaced handle: %v", err)
		}
	}
	if jobs, err := b.PendingJobs(t.Context(), queue); err != nil || len(jobs) != 0 {
		t.Errorf("left in the queue: %v, %v", jobs, err)
	}
	if term.Held() != nil || b.Stats().Lost != 0 {
		t.Error("a restart shorter than the lease ended the term")
	}
}

func TestDoneNeedsAnEnd(t *testing.T) {
	t.Parallel()
	_, b := setUp(t)
	a, moved := request(), request()
	submit(t, b, a, moved)
	term := lead(t, b)
	take(t, term.Term, 2)
	wantErr(t, term.Done(t.Context(), a.ID), broker.ErrNotEnded)
	write(t, term.Term, job.State{Job: a.ID, Phase: job.Running})
	wantErr(t, term.Done(t.Context(), a.ID), broker.ErrNotEnded)
	wantErr(t, term.Done(t.Context(), job.NewID()), broker.ErrNotHeld)
	write(t, term.Term, job.State{Job: moved.ID, Phase: job.Queued, Queue: "elsewhere"})
	if err := term.Done(t.Context(), moved.ID); err != nil {
		t.Errorf("Done of a job that moved: %v", err)
	}
	write(t, term.Term, job.State{Job: a.ID, Phase: job.Cancelled})
	if err := term.Done(t.Context(), a.ID); err != nil {
		t.Errorf("Done: %v", err)
	}
	wantErr(t, term.Done(t.Context(), a.ID), broker.ErrNotHeld)
}

// The next term finds the end that the former one wrote, and may acknowledge.
func TestDoneInTheNextTerm(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	a := request()
	submit(t, b, a)
	first := lead(t, b)
	take(t, first.Term, 1)
	write(t, first.Term, job.State{Job: a.ID, Phase: job.Done})
	first.end(t)
	wantErr(t, first.Done(t.Context(), a.ID), broker.ErrLeaseLost)
	second := lead(t, connect(t, s, nil))
	take(t, second.Term, 1)
	if err := second.Done(t.Context(), a.ID); err != nil {
		t.Error(err)
	}
}

// An acknowledgement that a restart swallows is repeated, and a job that comes
// again meanwhile is not taken for a new one.
func TestDoneSurvivesARestart(t *testing.T) {
	t.Parallel()
	r, b := setUpRestartable(t)
	requests, ids := many(10)
	submit(t, b, requests...)
	term := lead(t, b)
	take(t, term.Term, len(ids))
	for _, id := range ids {
		write(t, term.Term, job.State{Job: id, Phase: job.Done})
	}
	r.Shutdown()
	answers := make(chan error, len(ids))
	for _, id := range ids {
		go func() { answers <- term.Done(t.Context(), id) }()
	}
	r.restart(t)
	for range ids {
		if err := next(t, answers, "Done"); err != nil {
			t.Errorf("Done across a restart: %v", err)
		}
	}
	eventually(t, "the queue is empty", func() bool {
		jobs, err := b.PendingJobs(t.Context(), queue)
		return err == nil && len(jobs) == 0
	})
	late := request()
	submit(t, b, late)
	if got := take(t, term.Term, 1); got[0] != late.ID {
		t.Errorf("a finished job was delivered again")
	}
}

func body(t *testing.T, r job.Request) string {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
