package broker_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

func TestStatesAreKeptInOrder(t *testing.T) {
	t.Parallel()
	_, b := setUp(t)
	term := lead(t, b)
	id := job.NewID()
	if _, err := b.States(t.Context(), id); err == nil {
		t.Error("states of an unknown job")
	}
	phases := []job.Phase{job.Queued, job.Submitted, job.Running, job.Stopping, job.Cancelled}
	for _, p := range phases {
		write(t, term.Term, job.State{Job: id, Phase: p})
	}
	states, err := b.States(t.Context(), id)
	if err != nil || len(states) != len(phases) {
		t.Fatalf("States: %v, %v", states, err)
	}
	for i, s := range states {
		if s.Phase != phases[i] || s.Epoch != term.Epoch() || s.At.IsZero() || s.Job != id {
			t.Errorf("state %d: %+v", i, s)
		}
	}
}

func TestAnEndIsWrittenOnce(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	first := lead(t, b)
	id := job.NewID()
	end := job.State{Job: id, Phase: job.Done, At: time.Now().UTC()}
	write(t, first.Term, end)
	write(t, first.Term, end) // a repetition of what is stored
	wantErr(t, first.Write(t.Context(), job.State{Job: id, Phase: job.Failed}), broker.ErrAlreadyEnded)
	first.end(t)
	second := lead(t, connect(t, s, nil))
	wantErr(t, second.Write(t.Context(), job.State{Job: id, Phase: job.Cancelled}), broker.ErrAlreadyEnded)
	states, err := b.States(t.Context(), id)
	if err != nil || len(states) != 1 || states[0].Phase != job.Done {
		t.Errorf("States: %v, %v", states, err)
	}
}

// An end that is older than the server's window of message ids is found too.
func TestAnEndWithoutAMessageIDIsFound(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	_, js := raw(t, s)
	term := lead(t, b)
	id := job.NewID()
	msg := message(t, fmt.Sprintf("discomfy.state.%d.%s", id.Partition(), id), job.State{Job: id, Phase: job.Done, Epoch: term.Epoch()})
	if _, err := js.PublishMsg(t.Context(), msg); err != nil {
		t.Fatal(err)
	}
	wantErr(t, term.Write(t.Context(), job.State{Job: id, Phase: job.Failed}), broker.ErrAlreadyEnded)
}

// The server's window of message ids decides when the look before the write
// saw nothing: our own end whose answer was lost is success, another's is not.
func TestADuplicateEndIsReadBack(t *testing.T) {
	t.Parallel()
	s, _ := setUp(t)
	_, js := raw(t, s)
	id, own := job.NewID(), job.NewID()
	var foreign atomic.Bool
	var second func()
	hook := func(_ context.Context, point string) {
		if point == broker.BeforeEnd && foreign.CompareAndSwap(true, false) {
			second()
		}
	}
	b := connect(t, s, func(c *broker.Config) { c.Hook = hook })
	term := lead(t, b)
	publish := func(s job.State) {
		s.Epoch = term.Epoch()
		subject := fmt.Sprintf("discomfy.state.%d.%s", s.Job.Partition(), s.Job)
		msg := message(t, subject, s)
		msg.Header.Set("Nats-Msg-Id", s.Job.String()+":end")
		if _, err := js.PublishMsg(context.Background(), msg); err != nil {
			t.Error(err)
		}
	}
	mine := job.State{Job: own, Phase: job.Done, At: time.Now().UTC()}
	second = func() { publish(mine) }
	foreign.Store(true)
	write(t, term.Term, mine)

	second = func() { publish(job.State{Job: id, Phase: job.Cancelled, At: time.Now().UTC()}) }
	foreign.Store(true)
	wantErr(t, term.Write(t.Context(), job.State{Job: id, Phase: job.Done}), broker.ErrAlreadyEnded)
}

func TestWriteRefusesNonsense(t *testing.T) {
	t.Parallel()
	_, b := setUp(t)
	term := lead(t, b)
	for _, s := range []job.State{{Phase: job.Done}, {Job: job.NewID()}, {Job: job.NewID(), Phase: "gone"}} {
		if err := term.Write(t.Context(), s); err == nil {
			t.Errorf("%+v was stored", s)
		}
	}
	huge := job.State{Job: job.NewID(), Phase: job.Queued, Note: strings.Repeat("x", 2<<20)}
	if err := term.Write(t.Context(), huge); err == nil {
		t.Error("a state above the server's limit was stored")
	}
}

// While NATS restarts a write waits, within the lease.
func TestWriteSurvivesARestart(t *testing.T) {
	t.Parallel()
	r, b := setUpRestartable(t)
	term := lead(t, b)
	id := job.NewID()
	r.Shutdown()
	answer := make(chan error, 1)
	go func() { answer <- term.Write(t.Context(), job.State{Job: id, Phase: job.Done}) }()
	r.restart(t)
	if err := next(t, answer, "the write"); err != nil {
		t.Fatalf("Write across a restart: %v", err)
	}
	states, err := b.States(t.Context(), id)
	if err != nil || len(states) != 1 {
		t.Errorf("States: %v, %v", states, err)
	}
}

// Without NATS the end of the lease bounds a write.
func TestWriteGivesUpWithTheLease(t *testing.T) {
	t.Parallel()
	s, _ := setUp(t)
	term := lead(t, connect(t, s, brief))
	s.Shutdown()
	wantErr(t, term.Write(t.Context(), job.State{Job: job.NewID(), Phase: job.Done}), broker.ErrLeaseLost)
	wait(t, term.ctx.Done(), "the term ends")
}

func TestWritesFromManyGoroutines(t *testing.T) {
	t.Parallel()
	_, b := setUp(t)
	term := lead(t, b)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			id := job.NewID()
			for _, p := range []job.Phase{job.Queued, job.Submitted, job.Running, job.Done} {
				if err := term.Write(t.Context(), job.State{Job: id, Phase: p}); err != nil {
					t.Error(err)
				}
			}
			if last, err := b.Last(t.Context(), id); err != nil || last.Phase != job.Done {
				t.Errorf("Last: %v, %v", last.Phase, err)
			}
		})
	}
	group.Wait()
}

func TestValuesOutliveTerms(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	first := lead(t, b)
	id, err := first.ClientID(t.Context())
	if err != nil || id == "" {
		t.Fatalf("ClientID: %q, %v", id, err)
	}
	if m, err := first.Memory(t.Context()); err != nil || m != nil {
		t.Errorf("Memory before any: %q, %v", m, err)
	}
	if err := first.SaveMemory(t.Context(), []byte(`{"txt2img":4.2}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Catalog(t.Context(), queue); err == nil {
		t.Error("a catalog before any was published")
	}
	if err := first.PublishCatalog(t.Context(), workflow.Catalog{}); err != nil {
		t.Fatal(err)
	}
	first.end(t)
	second := lead(t, connect(t, s, nil))
	if again, err := second.ClientID(t.Context()); err != nil || again != id {
		t.Errorf("ClientID became %q, %v", again, err)
	}
	if m, err := second.Memory(t.Context()); err != nil || string(m) != `{"txt2img":4.2}` {
		t.Errorf("Memory: %q, %v", m, err)
	}
	if _, err := b.Catalog(t.Context(), queue); err != nil {
		t.Errorf("Catalog: %v", err)
	}
	wantErr(t, first.SaveMemory(t.Context(), nil), broker.ErrLeaseLost)
	_, js := raw(t, s)
	for _, kind := range []string{"epoch", "bridge", "memory", "catalog"} {
		stream, _ := js.Stream(t.Context(), "DISCOMFY_STATE")
		msg, err := stream.GetLastMsgForSubject(t.Context(), "discomfy."+kind+".default")
		if err != nil || msg.Header.Get("Nats-TTL") != "never" {
			t.Errorf("%s would expire: %v, %v", kind, msg, err)
		}
	}
}
