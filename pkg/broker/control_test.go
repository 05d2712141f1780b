package broker_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// serve runs the control service of a term; the returned function ends it.
func serve(t *testing.T, term *leader, c broker.Control) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(term.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := term.Serve(ctx, c); err != nil {
			t.Errorf("Serve: %v", err)
		}
	}()
	stop = func() {
		cancel()
		wait(t, done, "Serve returns")
	}
	t.Cleanup(stop)
	return stop
}

// answering waits until the service of the term is there.
func answering(t *testing.T, asker *broker.Broker) {
	t.Helper()
	eventually(t, "the service answers", func() bool {
		_, err := asker.Status(t.Context(), queue)
		return err == nil
	})
}

func TestControl(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	asker := connect(t, s, nil)
	known := job.NewID()
	serve(t, lead(t, b), broker.Control{
		Cancel: func(_ context.Context, id job.ID, by string) (broker.CancelAnswer, error) {
			switch {
			case id != known:
				return broker.CancelAnswer{}, &job.Error{Code: job.CodeNotFound}
			case by == "":
				return broker.CancelAnswer{}, errors.New("a secret detail")
			}
			return broker.CancelAnswer{Outcome: "cancelled", Words: "by " + by}, nil
		},
		Status: func(context.Context) (any, error) { return map[string]int{"waiting": 3}, nil },
	})
	answering(t, asker)
	got, err := asker.Cancel(t.Context(), queue, known, "ann")
	if want := (broker.CancelAnswer{Outcome: "cancelled", Words: "by ann"}); err != nil || got != want {
		t.Errorf("Cancel: %+v, %v", got, err)
	}
	if got, err := asker.Status(t.Context(), queue); err != nil || string(got) != `{"waiting":3}` {
		t.Errorf("Status: %s, %v", got, err)
	}
	_, err = asker.Cancel(t.Context(), queue, job.NewID(), "ann")
	wantCode(t, err, job.CodeNotFound)
	_, err = asker.Cancel(t.Context(), queue, job.ID{}, "")
	wantCode(t, err, job.CodeInvalid)
	_, err = asker.Cancel(t.Context(), queue, known, "")
	wantCode(t, err, job.CodeInternal)
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the cause reached the asker: %v", err)
	}
}

func TestControlWithoutABridgeIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	asker := connect(t, s, nil)
	_, err := asker.Cancel(t.Context(), queue, job.NewID(), "ann")
	wantCode(t, err, job.CodeBridgeOffline)
	term := lead(t, b)
	stop := serve(t, term, broker.Control{Status: func(context.Context) (any, error) { return 1, nil }})
	answering(t, asker)
	stop()
	nc, _ := raw(t, s)
	eventually(t, "nobody answers any more", func() bool {
		_, err := nc.Request("discomfy.ctl.default.status", nil, time.Second)
		return errors.Is(err, nats.ErrNoResponders)
	})
	_, err = asker.Status(t.Context(), queue)
	wantCode(t, err, job.CodeBridgeOffline)
}

// What the bridge does not answer itself the broker does, and the tools of
// NATS find it.
func TestControlIsAMicroService(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	term := lead(t, b)
	if err := term.PublishCatalog(t.Context(), workflow.Catalog{}); err != nil {
		t.Fatal(err)
	}
	serve(t, term, broker.Control{Status: func(context.Context) (any, error) { return 1, nil }})
	answering(t, b)
	nc, _ := raw(t, s)
	for subject, want := range map[string]string{
		"discomfy.ctl.default.stats":   `"terms":1`,
		"discomfy.ctl.default.catalog": "{",
		"$SRV.INFO.discomfy-bridge":    "discomfy.ctl.default.cancel",
		"$SRV.STATS.discomfy-bridge":   `"num_requests"`,
		"discomfy.ctl.default.cancel":  "invalid_request",
	} {
		msg, err := nc.Request(subject, nil, 5*time.Second)
		if err != nil || !strings.Contains(string(msg.Data), want) {
			t.Errorf("%s: %v, %v", subject, msg, err)
		}
	}
}

func TestControlSurvivesARestart(t *testing.T) {
	t.Parallel()
	r, b := setUpRestartable(t)
	stop := serve(t, lead(t, b), broker.Control{Status: func(context.Context) (any, error) { return 1, nil }})
	answering(t, b)
	r.restart(t)
	answering(t, b)
	r.Shutdown()
	stop() // without NATS, too
}

// A slow cancel keeps no other request waiting.
func TestControlRequestsRunBesideEachOther(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	asker := connect(t, s, nil)
	begun, release := make(chan struct{}), make(chan struct{})
	term := lead(t, b)
	serve(t, term, broker.Control{
		Cancel: func(ctx context.Context, _ job.ID, _ string) (broker.CancelAnswer, error) {
			close(begun)
			<-release
			return broker.CancelAnswer{Outcome: "late"}, nil
		},
		Status: func(context.Context) (any, error) { return 1, nil },
	})
	answering(t, asker)
	answer := make(chan string, 1)
	go func() {
		a, err := asker.Cancel(t.Context(), queue, job.NewID(), "ann")
		if err != nil {
			t.Error(err)
		}
		answer <- a.Outcome
	}()
	wait(t, begun, "the cancel is at work")
	if _, err := asker.Status(t.Context(), queue); err != nil {
		t.Errorf("Status beside a cancel: %v", err)
	}
	close(release)
	if got := next(t, answer, "the cancel"); got != "late" {
		t.Errorf("answer %q", got)
	}
}
