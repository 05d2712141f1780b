package broker_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded/embeddedtest"
	"discomfy/pkg/job"
)

func TestSubmitTwiceIsADuplicate(t *testing.T) {
	t.Parallel()
	r, b := setUpRestartable(t)
	req := request()
	for i, want := range []bool{false, true, true} {
		if i == 2 {
			r.restart(t) // duplicates of waiting jobs are known across restarts
		}
		got, err := b.Submit(t.Context(), req)
		if err != nil || got.Duplicate != want {
			t.Errorf("submission %d: %+v, %v; want duplicate %v", i, got, err, want)
		}
	}
	got, err := b.Pending(t.Context(), req.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff(req, got); d != "" {
		t.Errorf("the stored request differs (-want +got):\n%s", d)
	}
	jobs, err := b.PendingJobs(t.Context(), queue)
	if want := []broker.PendingJob{{ID: req.ID, User: req.User}}; err != nil || diff(want, jobs) != "" {
		t.Errorf("PendingJobs: %v, %v", jobs, err)
	}
}

func TestSubmitToAFullQueue(t *testing.T) {
	t.Parallel()
	_, b := setUp(t)
	if err := b.Init(t.Context(), broker.InitConfig{MaxJobs: 2}); err != nil {
		t.Fatal(err)
	}
	first, second, third := request(), request(), request()
	submit(t, b, first, second)
	_, err := b.Submit(t.Context(), third)
	wantCode(t, err, job.CodeQueueFull)
	if got, err := b.Submit(t.Context(), first); err != nil || !got.Duplicate {
		t.Errorf("a stored job again, into the full queue: %+v, %v; want a duplicate", got, err)
	}
	// The refused job is not remembered as seen: it is taken when there is room.
	term := lead(t, b)
	d := next(t, term.Deliveries(), "a job")
	write(t, term.Term, job.State{Job: d.Request.ID, Phase: job.Done})
	if err := term.Done(t.Context(), d.Request.ID); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Submit(t.Context(), third); err != nil || got.Duplicate {
		t.Errorf("the refused job again: %+v, %v", got, err)
	}
}

// Also without the message id the server knows a stored job by its subject,
// and says so before it says that the queue is full.
func TestServerNamesADuplicateBeforeAFullQueue(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	if err := b.Init(t.Context(), broker.InitConfig{MaxJobs: 1}); err != nil {
		t.Fatal(err)
	}
	req := request()
	submit(t, b, req)
	_, js := raw(t, s)
	_, err := js.Publish(t.Context(), "discomfy.jobs.default.terminal-ann."+req.ID.String(), []byte("{}"))
	if err == nil || !strings.Contains(err.Error(), "per subject") {
		t.Errorf("error %v", err)
	}
}

func TestSubmitRefusesWhatTheBridgeCouldNotRead(t *testing.T) {
	t.Parallel()
	_, b := setUp(t)
	for name, change := range map[string]func(*job.Request){
		"no id":       func(r *job.Request) { r.ID = job.ID{} },
		"queue":       func(r *job.Request) { r.Queue = "a.b" },
		"user":        func(r *job.Request) { r.User = "*" },
		"nested":      func(r *job.Request) { r.Params = job.Params{"x": map[string]any{}} },
		"too long":    func(r *job.Request) { r.Params = job.Params{"x": strings.Repeat("x", job.MaxRequest)} },
		"other queue": func(r *job.Request) { r.Queue = "elsewhere" },
	} {
		req := request()
		change(&req)
		_, err := b.Submit(t.Context(), req)
		if got := job.CodeOf(err); got != job.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSubmitWithoutAnAnswerIsUnconfirmed(t *testing.T) {
	t.Parallel()
	s := embeddedtest.Start(t)
	b := connect(t, s, nil)
	initialise(t, b)
	s.Shutdown()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := b.Submit(ctx, request())
	wantCode(t, err, job.CodeUnconfirmed)
}

// A restart of NATS is shorter than the patience of a submission.
func TestSubmitSurvivesARestart(t *testing.T) {
	t.Parallel()
	r, b := setUpRestartable(t)
	r.Shutdown()
	answer := make(chan error, 1)
	go func() {
		_, err := b.Submit(t.Context(), request())
		answer <- err
	}()
	r.restart(t)
	if err := next(t, answer, "the submission"); err != nil {
		t.Errorf("Submit across a restart: %v", err)
	}
}
