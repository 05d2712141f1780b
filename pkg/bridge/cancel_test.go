package bridge_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"discomfy/pkg/bridge"
	"discomfy/pkg/broker"
	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/job"
)

func (s *stack) cancel(id job.ID) (broker.CancelAnswer, error) {
	s.Helper()
	return s.broker.Cancel(s.Context(), job.DefaultQueue, id, "test-ann")
}

func TestCancelWhereverTheJobIs(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"0.3.64", "0.8.0", "0.33.0"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := start(t, settings{sim: comfysim.Config{Version: version, Speed: 1}})
			var jobs []job.Request
			for i := range 4 {
				jobs = append(jobs, s.ask("ann", "work", map[string]string{"seconds": "2", "steps": "40", "salt": fmt.Sprint(i)}))
			}
			running, ready, waiting, last := jobs[0], jobs[1], jobs[2], jobs[3]
			s.phase(running, job.Running)
			s.eventually("two prompts are inside", func() bool { return strings.Count(s.log.String(), "prompt queued") == 2 })
			for _, r := range []job.Request{waiting, ready, running} {
				answer, err := s.cancel(r.ID)
				if err != nil || answer.Outcome != "cancelled" {
					t.Errorf("cancel: %+v, %v", answer, err)
				}
				st := s.ended(r)
				if st.Phase != job.Cancelled || st.Stop == nil || st.Stop.By != "test-ann" || st.Request == nil {
					t.Errorf("record = %+v", st)
				}
			}
			if again, err := s.cancel(running.ID); err != nil || again.Words != "cancelled" {
				t.Errorf("a second time: %+v, %v", again, err)
			}
			s.done(last)
			if late, err := s.cancel(last.ID); err != nil || late.Outcome != "ended" {
				t.Errorf("too late: %+v, %v", late, err)
			}
			if _, err := s.cancel(job.NewID()); job.CodeOf(err) != job.CodeNotFound {
				t.Errorf("an unknown job: %v", err)
			}
			if started, completed := s.runsOf(running.ID); started != 1 || completed != 0 {
				t.Errorf("the running one: started %d, completed %d", started, completed)
			}
			for _, r := range []job.Request{ready, waiting} {
				if started, _ := s.runsOf(r.ID); started != 0 {
					t.Errorf("a job that waited ran")
				}
			}
			s.emptied()
		})
	}
}

// TestOthersRunsAreNeverTouched cancels our waiting job while another client's
// prompt is the one that runs.
func TestOthersRunsAreNeverTouched(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"0.3.64", "0.8.0", "0.33.0"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := start(t, settings{sim: comfysim.Config{Version: version, Speed: 1}})
			taught := s.ask("ann", "work", map[string]string{"salt": "98"})
			s.done(taught)
			release := s.hang()
			const foreign = "7b5f4a40-5f2c-4b52-9a80-0e2b9a5f1d11"
			s.post("/prompt", `{"client_id":"someone","prompt_id":"`+foreign+`","prompt":{
				"1":{"class_type":"EmptyImage","inputs":{"width":8,"height":8,"batch_size":1,"color":5}},
				"2":{"class_type":"LabWork","inputs":{"image":["1",0],"seconds":1.5,"steps":10,"salt":99}},
				"3":{"class_type":"SaveImage","inputs":{"images":["2",0],"filename_prefix":"other"}}}}`)
			ours := s.ask("ann", "work", nil)
			s.eventually("ours is inside", func() bool { return s.log.has("prompt queued") })
			s.eventually("the other one counts, in the estimate too", func() bool {
				snap, err := s.broker.Snapshot(t.Context(), job.DefaultQueue)
				return err == nil && snap.Others == 1 && len(snap.Waiting) == 1 && snap.Waiting[0].Seconds > 0.5
			})
			behind := s.ask("bob", "work", map[string]string{"seconds": "0.1", "salt": "97"})
			if answer, err := s.cancel(ours.ID); err != nil || answer.Outcome != "cancelled" {
				t.Errorf("cancel: %+v, %v", answer, err)
			}
			release()
			s.done(behind)
			runs := s.sim.Runs()
			if len(runs) != 3 {
				t.Fatalf("%d runs: %+v", len(runs), runs)
			}
			if other := runs[1]; other.PromptID != foreign || other.Outcome != comfysim.Success || runs[2].Started.Before(other.Ended) {
				t.Errorf("the other's run: %+v, ours behind it: %+v", other, runs[2])
			}
		})
	}
}

func TestASuperfluousCopyIsRemoved(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Speed: 1}})
	r := s.ask("ann", "work", map[string]string{"seconds": "2", "steps": "20"})
	s.phase(r, job.Running)
	client := s.sim.Runs()[0].ClientID
	s.post("/prompt", `{"client_id":"`+client+`","prompt_id":"`+r.ID.Attempt(9)+`",
		"extra_data":{"discomfy_job":"`+r.ID.String()+`","discomfy_attempt":9},"prompt":{
		"1":{"class_type":"EmptyImage","inputs":{"width":8,"height":8,"batch_size":1,"color":5}},
		"3":{"class_type":"SaveImage","inputs":{"images":["1",0],"filename_prefix":"copy"}}}}`)
	s.eventually("the copy is removed", func() bool { return s.log.has("superfluous copy removed") })
	st, _ := s.done(r)
	if started, completed := s.runsOf(r.ID); started != 1 || completed != 1 || st.Attempt != 1 {
		t.Errorf("started %d, completed %d, attempt %d", started, completed, st.Attempt)
	}
}

func TestACancelWithoutABridgeIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true})
	begin := time.Now()
	if _, err := s.cancel(job.NewID()); job.CodeOf(err) != job.CodeBridgeOffline {
		t.Errorf("cancel: %v", err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("the answer took %v", took)
	}
}

// TestTheAnswerToACancelIsTrue cancels at every moment of a short run: before,
// in the middle, at its end and after. What was answered must be what became of
// the job, and nobody else's run may be harmed.
func TestTheAnswerToACancelIsTrue(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"0.3.64", "0.8.0", "0.33.0"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := start(t, settings{sim: comfysim.Config{Version: version, Speed: 1}})
			s.done(s.ask("bob", "work", map[string]string{"salt": "999"}))
			outcomes := map[string]int{}
			// Until the cancels have come before and after the end, however slow this machine is.
			for i := 0; i < 25 || len(outcomes) < 2 && i < 200; i++ {
				salt := strconv.Itoa(i)
				r := s.ask("ann", "work", map[string]string{"seconds": "0.05", "steps": "5", "salt": salt})
				<-time.After(time.Duration(i) * 4 * time.Millisecond)
				answer, err := s.cancel(r.ID)
				if err != nil {
					t.Fatalf("cancel after %d ms: %v", i*4, err)
				}
				outcomes[answer.Outcome]++
				st := s.ended(r)
				_, completed := s.runsOf(r.ID)
				switch {
				case answer.Outcome == "ended" && st.Phase != job.Done:
					t.Errorf("after %d ms: answered %q, ended as %s", i*4, answer.Words, st.Phase)
				case answer.Outcome != "ended" && st.Phase != job.Cancelled:
					t.Errorf("after %d ms: answered %q, ended as %s", i*4, answer.Words, st.Phase)
				case st.Phase == job.Done && completed != 1:
					t.Errorf("after %d ms: done without a completed run", i*4)
				}
			}
			if len(outcomes) < 2 {
				t.Errorf("every cancel came at the same moment: %v", outcomes)
			}
			s.done(s.ask("bob", "work", map[string]string{"salt": "1000"}))
			s.emptied()
		})
	}
}

// What a request has begun does not end with it: the store may take nothing for
// longer than anybody waits.
func TestACancelOutlivesItsRequest(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var blocked atomic.Bool
	s := start(t, settings{sim: comfysim.Config{Speed: 1}, bridge: bridge.Config{InFlight: 1, Hook: func(ctx context.Context, point string) {
		if point != bridge.PointBeforeEnd || blocked.Swap(true) {
			return
		}
		select {
		case <-release:
		case <-ctx.Done():
		}
	}}})
	running := s.ask("ann", "work", map[string]string{"seconds": "30", "steps": "300", "salt": "1"})
	s.phase(running, job.Running)
	waiting := s.ask("ann", "work", map[string]string{"seconds": "1", "steps": "4", "salt": "2"})
	s.phase(waiting, job.Queued)
	answer, err := s.cancel(waiting.ID)
	if err != nil || answer.Outcome != "stopping" {
		t.Errorf("the answer while the store takes nothing: %+v, %v", answer, err)
	}
	close(release)
	if end := s.ended(waiting); end.Phase != job.Cancelled {
		t.Errorf("the job is %s", end.Phase)
	}
}

// The end of a run is told before ComfyUI's queue lets go of it: what is still
// seen there of a job whose record has ended is no copy.
func TestARunThatIsEndingIsNoCopy(t *testing.T) {
	t.Parallel()
	for name, args := range map[string]map[string]string{
		"by an error": {"salt": "1"}, "by a stop": {"salt": "1", "seconds": "30", "steps": "600"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stopped := len(args) > 1
			faults := comfysim.Faults{HistoryDelay: comfysim.Duration(1500 * time.Millisecond)}
			if !stopped {
				faults.NodeErrorNext = 1
			}
			s := start(t, settings{sim: comfysim.Config{Speed: 1, Faults: faults}})
			ending := s.ask("ann", "work", args)
			if stopped {
				s.phase(ending, job.Running)
				if _, err := s.cancel(ending.ID); err != nil {
					t.Fatal(err)
				}
			}
			s.ended(ending)
			next := s.ask("bob", "work", map[string]string{"seconds": "0.1", "salt": "2"}) // which makes the bridge look at the queue
			s.done(next)
			if s.log.has("superfluous copy") {
				t.Errorf("it counts as a copy:\n%s", s.log)
			}
		})
	}
}
