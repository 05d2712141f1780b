package bridge_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/job"
)

func TestOneAfterTheOther(t *testing.T) {
	t.Parallel()
	s := start(t, settings{})
	for i := range 3 {
		r := s.ask("ann", "work", map[string]string{"salt": fmt.Sprint(i)})
		st, picture := s.done(r)
		if len(picture) == 0 || st.Request == nil || st.Request.ID != r.ID || st.Attempt != 1 || st.Starts != 1 {
			t.Errorf("record = %+v", st)
		}
		if st.Nodes == nil || st.Nodes.Total != 3 || st.Timings.Ended.Before(st.Timings.Started) {
			t.Errorf("nodes %+v, timings %+v", st.Nodes, st.Timings)
		}
		if started, completed := s.runsOf(r.ID); started != 1 || completed != 1 {
			t.Errorf("ran %d times, to the end %d times", started, completed)
		}
	}
	s.emptied()
}

func TestPositionsAreCountedAndUpdated(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Speed: 2}})
	users := []string{"ann", "bob", "cid"}
	var jobs []job.Request
	for i, u := range users {
		jobs = append(jobs, s.ask(u, "work", map[string]string{"seconds": "2", "salt": fmt.Sprint(i)}))
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	updates, err := s.broker.Follow(ctx, job.DefaultQueue, jobs[2].ID)
	if err != nil {
		t.Fatal(err)
	}
	var seen []int
	for u := range updates {
		if u.Snapshot != nil {
			if pos, _, ok := u.Snapshot.Position(jobs[2].ID); ok && (len(seen) == 0 || seen[len(seen)-1] != pos) {
				seen = append(seen, pos)
			}
		}
		if u.State != nil && u.State.Phase.Ended() {
			break
		}
	}
	if fmt.Sprint(seen) != "[3 2 1]" {
		t.Errorf("the third saw the positions %v, want 3, 2, 1", seen)
	}
}

func TestAPictureWaitsBehindALongVideo(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Speed: 10}})
	video := s.ask("ann", "long", map[string]string{"seconds": "10"})
	s.phase(video, job.Running)
	picture := s.ask("bob", "work", nil)
	first, _ := s.done(video)
	second, _ := s.done(picture)
	if second.Timings.Started.Before(first.Timings.Ended.Add(-100 * time.Millisecond)) {
		t.Errorf("the picture began at %v, the video ended at %v", second.Timings.Started, first.Timings.Ended)
	}
}

func TestTwelveUsersAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, settings{})
	var jobs []job.Request
	for u := range 12 {
		for n := range 2 {
			jobs = append(jobs, s.ask(fmt.Sprintf("user%d", u), "work", map[string]string{"salt": fmt.Sprint(100*u + n), "color": fmt.Sprint(u)}))
		}
	}
	for _, r := range jobs {
		s.done(r)
		if started, _ := s.runsOf(r.ID); started != 1 {
			t.Errorf("job %s ran %d times", r.ID, started)
		}
	}
	s.emptied()
}

func TestWhatAnOperatorLooksFor(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true})
	stop := s.bridge(settings{})
	s.done(s.ask("ann", "work", nil))
	s.emptied()
	stop()
	for _, line := range []string{
		"ComfyUI found", "version=0.33.0", "client_id=", "prompt queued", "prompt_id=", "progress", "percent=", "job done", "no longer active",
	} {
		if !s.log.has(line) {
			t.Errorf("the log lacks %q", line)
		}
	}
	if lines := s.log.errorLines(); len(lines) > 0 {
		t.Errorf("error lines:\n%s", lines)
	}
}

func TestTheClientIDOutlivesTheBridge(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true})
	stop := s.bridge(settings{})
	s.done(s.ask("ann", "work", map[string]string{"salt": "1"}))
	stop()
	s.bridge(settings{})
	s.done(s.ask("ann", "work", map[string]string{"salt": "2"}))
	runs := s.sim.Runs()
	if len(runs) != 2 || runs[0].ClientID == "" || runs[0].ClientID != runs[1].ClientID {
		t.Errorf("client ids: %+v", runs)
	}
}

func TestARestartedBridgeTakesUpTheRun(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true, sim: comfysim.Config{Speed: 4}})
	stop := s.bridge(settings{})
	running := s.ask("ann", "work", map[string]string{"seconds": "4"})
	ready := s.ask("ann", "work", map[string]string{"seconds": "1", "salt": "1"})
	waiting := s.ask("ann", "work", map[string]string{"seconds": "1", "salt": "2"})
	s.phase(running, job.Running)
	s.phase(ready, job.Submitted)
	stop()
	s.bridge(settings{})
	for _, r := range []job.Request{running, ready, waiting} {
		st, _ := s.done(r)
		if started, _ := s.runsOf(r.ID); started != 1 || st.Attempt != 1 {
			t.Errorf("job %s ran %d times, attempt %d", r.ID, started, st.Attempt)
		}
	}
	if lines := s.log.errorLines(); len(lines) > 0 {
		t.Errorf("error lines:\n%s", lines)
	}
}

func TestAStandbyTakesOver(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true, sim: comfysim.Config{Speed: 4}})
	stop := s.bridge(settings{})
	r := s.ask("ann", "work", map[string]string{"seconds": "4"})
	s.phase(r, job.Running)
	s.bridge(settings{})
	stop()
	if st, _ := s.done(r); st.Attempt != 1 {
		t.Errorf("attempt %d", st.Attempt)
	}
}

func TestComfyUIThatRestartsLosesNothing(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Speed: 4}})
	var jobs []job.Request
	for i := range 3 {
		jobs = append(jobs, s.ask("ann", "work", map[string]string{"seconds": "3", "salt": fmt.Sprint(i)}))
	}
	s.phase(jobs[0], job.Running)
	s.eventually("two prompts are inside", func() bool { return strings.Count(s.log.String(), "prompt queued") == 2 })
	s.sim.Restart()
	var ends []time.Time
	for _, r := range jobs {
		st, _ := s.done(r)
		if _, completed := s.runsOf(r.ID); completed != 1 {
			t.Errorf("job %s completed %d times", r.ID, completed)
		}
		ends = append(ends, st.Timings.Ended)
	}
	if !ends[0].Before(ends[1]) || !ends[1].Before(ends[2]) {
		t.Errorf("the order changed: %v\n%s", ends, s.log)
	}
}

func TestADrainedBridgeFinishesAndTakesNothingNew(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true, sim: comfysim.Config{Speed: 4}})
	drain, done := s.drainable()
	var jobs []job.Request
	for i := range 4 {
		jobs = append(jobs, s.ask("ann", "work", map[string]string{"seconds": "2", "salt": fmt.Sprint(i)}))
	}
	s.phase(jobs[0], job.Running)
	s.eventually("two prompts are inside", func() bool { return strings.Count(s.log.String(), "prompt queued") == 2 })
	drain()
	if err := <-done; err != nil {
		t.Errorf("bridge: %v", err)
	}
	for i, r := range jobs {
		st, err := s.broker.Last(t.Context(), r.ID)
		if want := i < 2; err != nil || (st.Phase == job.Done) != want {
			t.Errorf("job %d is %s, %v", i+1, st.Phase, err)
		}
	}
	s.bridge(settings{})
	for _, r := range jobs {
		s.done(r)
	}
}
