package terminal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/terminal"
)

// hall is a stage whose queue can be read.
type hall struct {
	*stage
	stored  job.Snapshot
	missing error
	pending []broker.PendingJob
}

func (h *hall) Snapshot(context.Context, job.Queue) (job.Snapshot, error) { return h.stored, h.missing }
func (h *hall) PendingJobs(context.Context, job.Queue) ([]broker.PendingJob, error) {
	return h.pending, nil
}

func (h *hall) PutStatus(err error) *hall {
	h.answer(err)
	return h
}

func fixed(t *testing.T, id, user string) job.Place {
	t.Helper()
	parsed, err := job.ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	r := request(t, user)
	return job.Place{Job: parsed, User: r.User, Workflow: "txt2img"}
}

const (
	idOne = "01a20691-2725-7c29-bea6-bf833ce51331"
	idTwo = "01a20691-2725-7c29-bea6-bf833ce51332"
)

func offline() error { return &job.Error{Code: job.CodeBridgeOffline} }

func TestShowQueueTellsWhoWaits(t *testing.T) {
	t.Parallel()
	one, two := fixed(t, idOne, "ann"), fixed(t, idTwo, "a\x1b[2Jlongname")
	one.Seconds, two.Seconds = 12, 400
	full := job.Snapshot{Running: []job.Place{one}, Waiting: []job.Place{two}}
	away, shared := full, full
	away.Server, shared.Others = "ComfyUI does not\nanswer", 2
	for name, tt := range map[string]struct {
		hall *hall
		want string
	}{
		"empty": {&hall{stage: newStage(), missing: broker.ErrNotFound}, "queue default: nobody waits\n"},
		"full": {&hall{stage: newStage(), stored: full}, `queue default: 1 running, 1 waiting
  1 ● ann        txt2img   01a20691-2725-7c29-bea6-bf833ce51331  ends in 12 s
  2 ○ alongname  txt2img   01a20691-2725-7c29-bea6-bf833ce51332  starts in 6 min 40 s
`},
		"ComfyUI away": {&hall{stage: newStage(), stored: away}, `queue default: 1 running, 1 waiting
! ComfyUI does not answer
  1 ● ann        txt2img   01a20691-2725-7c29-bea6-bf833ce51331  ends in 12 s
  2 ○ alongname  txt2img   01a20691-2725-7c29-bea6-bf833ce51332  starts in 6 min 40 s
`},
		"others use ComfyUI": {&hall{stage: newStage(), stored: shared}, `queue default: 1 running, 1 waiting
  2 of other clients inside the same ComfyUI
  1 ● ann        txt2img   01a20691-2725-7c29-bea6-bf833ce51331  ends in 12 s
  2 ○ alongname  txt2img   01a20691-2725-7c29-bea6-bf833ce51332  starts in 6 min 40 s
`},
		"bridge offline": {(&hall{stage: newStage(), pending: []broker.PendingJob{{ID: one.Job, User: one.User}}}).PutStatus(offline()),
			`queue default: 0 running, 1 waiting
! the bridge is offline: the jobs are safe in NATS and run when it is back
  1 ○ ann             01a20691-2725-7c29-bea6-bf833ce51331
`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := terminal.ShowQueue(t.Context(), terminal.Config{Out: &out}, tt.hall); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, out.String()); diff != "" {
				t.Errorf("the queue differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWatchQueueShowsEveryChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &hall{stage: newStage(), missing: broker.ErrNotFound}
		ctx, cancel := context.WithCancelCause(t.Context())
		interrupted := errors.New("interrupted")
		go func() {
			h.snapshot(job.Snapshot{Queue: job.DefaultQueue, Waiting: []job.Place{fixed(t, idOne, "ann")}})
			time.Sleep(time.Minute)
			h.answer(offline())
			time.Sleep(time.Minute)
			h.answer(nil)
			time.Sleep(time.Minute)
			cancel(interrupted)
		}()
		var out bytes.Buffer
		if err := terminal.WatchQueue(ctx, terminal.Config{Out: &out, JSON: true}, h); !errors.Is(err, interrupted) {
			t.Errorf("error %v, want the cause", err)
		}
		var told []string
		for line := range strings.Lines(out.String()) {
			var v struct {
				Snapshot job.Snapshot
				Offline  bool
			}
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatal(err)
			}
			told = append(told, map[bool]string{true: "offline", false: "online"}[v.Offline]+strings.Repeat(" waiting", len(v.Snapshot.Waiting)))
		}
		want := []string{"online", "online waiting", "offline", "online"}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("lines differ (-want +got):\n%s", diff)
		}
	})
}

func TestWatchQueueRedrawsAScreen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &hall{stage: newStage()}
		for range 50 {
			h.stored.Waiting = append(h.stored.Waiting, fixed(t, idOne, "ann"))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var out screenLog
		screen := terminal.NewScreen(&out, func() (int, int) { return 60, 10 })
		if err := terminal.WatchQueue(ctx, terminal.Config{Screen: screen}, h); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if n := len(out.writes); n < 5 || n > 15 {
			t.Errorf("%d writes in ten seconds, want one a second", n)
		}
		if !strings.Contains(out.String(), "… and 43 more") {
			t.Errorf("a queue longer than the terminal is not cut:\n%q", out.String())
		}
	})
}
