package bridge_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"discomfy/pkg/bridge"
	"discomfy/pkg/broker"
	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/comfy/comfysim/comfysimtest"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// TestPowerLossIsNoCancel restarts ComfyUI before the bridge can notice that its
// socket is dead: what was inside is lost, and was not removed by a person.
func TestPowerLossIsNoCancel(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true, sim: comfysim.Config{Speed: 1}})
	g := s.gate()
	s.bridge(settings{})
	running := s.ask("ann", "work", map[string]string{"seconds": "1", "steps": "10"})
	ready := s.ask("ann", "work", map[string]string{"seconds": "0.2", "salt": "1"})
	s.phase(running, job.Running)
	s.inside(2)
	g.powerLoss()
	s.sim.Restart()
	g.open()
	for _, r := range []job.Request{running, ready} {
		st, _ := s.done(r)
		if _, completed := s.runsOf(r.ID); completed != 1 || st.Attempt != 2 {
			t.Errorf("completed %d times, attempt %d, want 1 and 2", completed, st.Attempt)
		}
	}
	s.emptied()
}

func TestADrainedBridgeThatLosesTheLeaseEnds(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true, sim: comfysim.Config{Speed: 1}})
	drain, done := s.drainable()
	r := s.ask("ann", "work", map[string]string{"seconds": "20"})
	s.phase(r, job.Running)
	drain()
	other := s.connect("other", broker.Config{Seize: true})
	ctx, cancel := context.WithCancel(t.Context())
	led := make(chan error, 1)
	go func() {
		led <- other.Lead(ctx, job.DefaultQueue, func(ctx context.Context, _ *broker.Term) error { <-ctx.Done(); return nil })
	}()
	defer func() {
		cancel()
		if err := <-led; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("the other: %v", err)
		}
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("bridge: %v", err)
		}
	case <-time.After(patience):
		t.Fatalf("it goes on as a standby\n%s", s.log)
	}
}

// moved writes that a waiting job now belongs to another queue.
func (s *stack) moved(r job.Request, to job.Queue) {
	s.Helper()
	s.byHand(func(ctx context.Context, t *broker.Term) error {
		return t.Write(ctx, job.State{Job: r.ID, Phase: job.Queued, Queue: to})
	})
}

func TestAMovedJobThatCannotArriveKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true})
	r := s.ask("ann", "work", nil)
	s.moved(r, "nowhere")
	s.bridge(settings{})
	s.done(s.ask("bob", "work", map[string]string{"salt": "1"}))
	if _, err := s.broker.Pending(t.Context(), r.ID); err != nil {
		t.Errorf("the moved job: %v", err)
	}
	if started, _ := s.runsOf(r.ID); started != 0 {
		t.Error("it ran in the queue that it had left")
	}
}

// TestAMovedJobIsNotTakenBack has the former queue still hold the message of a
// job that runs in the new one.
func TestAMovedJobIsNotTakenBack(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true, sim: comfysim.Config{Speed: 1}})
	if err := s.broker.Init(t.Context(), broker.InitConfig{Queues: []job.Queue{job.DefaultQueue, "b"}}); err != nil {
		t.Fatal(err)
	}
	r := s.ask("ann", "work", map[string]string{"seconds": "1"})
	s.moved(r, "b")
	arrived := r
	arrived.Queue = "b"
	s.submit(arrived) // and the former bridge dies before its ack
	s.bridge(settings{bridge: bridge.Config{Queue: "b"}})
	s.phase(r, job.Running)
	former, url := comfysimtest.Start(t, comfysim.Config{})
	s.url = url
	s.bridge(settings{})
	s.emptied()
	s.once(r)
	if n := len(former.Runs()); n > 0 {
		t.Errorf("it ran %d times at the former queue's ComfyUI too", n)
	}
}

// TestAStopIsNotOverwritten stops a job while its POST is under way to a server
// that chooses the prompt id itself.
func TestAStopIsNotOverwritten(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Speed: 1, Version: "0.3.64", Faults: comfysim.Faults{
		OwnPromptIDs: true, HTTP: []comfysim.HTTPFault{struck("POST /prompt", comfysim.Late, 300*time.Millisecond)},
	}}})
	r := s.ask("ann", "work", map[string]string{"seconds": "5"})
	s.phase(r, job.Submitted)
	if _, err := s.cancel(r.ID); err != nil {
		t.Fatal(err)
	}
	if st := s.ended(r); st.Phase != job.Cancelled {
		t.Errorf("ended as %s", st.Phase)
	}
	states, err := s.broker.States(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	stopping := false
	for _, st := range states {
		if stopping && !st.Phase.Ended() && st.Phase != job.Stopping {
			t.Errorf("%s after stopping: a successor would let it run", st.Phase)
		}
		stopping = stopping || st.Phase == job.Stopping
	}
	if !stopping {
		t.Errorf("the stop was not written before it was carried out: %+v", states)
	}
}

// TestACancelAtTheMomentOfLoss comes while a run is being looked for that
// ComfyUI has lost.
func TestACancelAtTheMomentOfLoss(t *testing.T) {
	t.Parallel()
	looking := make(chan struct{}, 100)
	s := start(t, settings{sim: comfysim.Config{Speed: 1}, bridge: bridge.Config{Looks: 500 * time.Millisecond, Hook: func(_ context.Context, point string) {
		if point == bridge.PointBetweenLooks {
			looking <- struct{}{}
		}
	}}})
	r := s.ask("ann", "work", map[string]string{"seconds": "3"})
	s.phase(r, job.Running)
	if err := s.sim.ChangeFaults(func(f *comfysim.Faults) {
		f.HTTP = []comfysim.HTTPFault{{Route: "GET /history/*", Mode: comfysim.Slow, Delay: comfysim.Duration(500 * time.Millisecond), Times: 2}}
	}); err != nil {
		t.Fatal(err)
	}
	s.sim.Restart()
	<-looking
	answer, err := s.cancel(r.ID)
	if err != nil || answer.Outcome == "ended" {
		t.Fatalf("cancel: %+v, %v", answer, err)
	}
	if st := s.ended(r); st.Phase != job.Cancelled {
		t.Errorf("answered %q, ended as %s", answer.Words, st.Phase)
	}
}

func TestASuccessorPutsTheLostFirst(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true})
	never := s.ask("bob", "work", map[string]string{"salt": "1"})
	lost := s.ask("ann", "work", map[string]string{"salt": "2"})
	s.byHand(func(ctx context.Context, t *broker.Term) error {
		return t.Write(ctx, job.State{
			Job: lost.ID, Phase: job.Queued, Queue: job.DefaultQueue, Attempt: 1, PromptID: lost.ID.Attempt(1),
		})
	})
	s.bridge(settings{bridge: bridge.Config{InFlight: 1}})
	second, _ := s.done(never)
	first, _ := s.done(lost)
	if first.Timings.Started.After(second.Timings.Started) {
		t.Error("the job that was given back ran after one that never ran")
	}
}

// TestTheTimeLimitOutlivesTheBridge stops a bridge well within the limit of a
// run: its successor must not count anew.
func TestTheTimeLimitOutlivesTheBridge(t *testing.T) {
	t.Parallel()
	const limit = 3 * time.Second
	s := start(t, settings{none: true, sim: comfysim.Config{Speed: 1}})
	var stopped atomic.Int64 // when, in nanoseconds since the epoch
	limited := settings{bridge: bridge.Config{
		Timeouts: map[workflow.Kind]time.Duration{workflow.KindImage: limit},
		Hook: func(_ context.Context, point string) {
			if point == bridge.PointBeforeStopping {
				stopped.Store(time.Now().UnixNano())
			}
		},
	}}
	stop := s.bridge(limited)
	r := s.ask("ann", "work", map[string]string{"seconds": "60", "steps": "600"})
	s.phase(r, job.Running)
	s.eventually("it has run for a while", func() bool { return time.Since(s.sim.Runs()[0].Started) > limit/2 })
	stop()
	s.bridge(limited)
	if st := s.ended(r); codeOf(st) != job.CodeTimedOut {
		t.Errorf("ended as %s, %v", st.Phase, st.Error)
	}
	if late := time.Unix(0, stopped.Load()).Sub(s.log.when("taking up a job")); late >= limit {
		t.Errorf("stopped %v after the take-over: the limit of %v was counted from there", late, limit)
	}
}
