package bridge_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/bridge"
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
	for name, users := range map[string][]string{
		"three users":              {"ann", "bob", "cid"},
		"five in quick succession": {"ann", "ann", "ann", "ann", "ann"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, settings{sim: comfysim.Config{Speed: 1}})
			var jobs []job.ID
			for i, u := range users {
				jobs = append(jobs, s.ask(u, "work", map[string]string{"seconds": "0.7", "salt": fmt.Sprint(i)}).ID)
			}
			seen := s.positions(jobs)
			for i, id := range jobs {
				var want []int
				for pos := i + 1; pos > 0; pos-- {
					want = append(want, pos)
				}
				if !slices.Equal(seen[id], want) {
					t.Errorf("job %d saw the positions %v, want %v", i+1, seen[id], want)
				}
			}
		})
	}
}

// positions follows jobs to their ends and notes what each is told of its place.
func (s *stack) positions(jobs []job.ID) map[job.ID][]int {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	updates, err := s.broker.Follow(ctx, job.DefaultQueue, jobs...)
	if err != nil {
		s.Fatal(err)
	}
	seen := map[job.ID][]int{}
	for open := len(jobs); open > 0; {
		u, ok := <-updates
		switch {
		case !ok:
			s.Fatalf("%d jobs have not ended\n%s", open, s.log)
		case u.State != nil && u.State.Phase.Ended():
			open--
		case u.Snapshot != nil:
			for _, id := range jobs {
				if pos, _, ok := u.Snapshot.Position(id); ok && (len(seen[id]) == 0 || seen[id][len(seen[id])-1] != pos) {
					seen[id] = append(seen[id], pos)
				}
			}
		}
	}
	return seen
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

// TestAnEstimateKnowsOfTheSteps asks for many after a run of few has taught how
// long one takes.
func TestAnEstimateKnowsOfTheSteps(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Speed: 1, StepTime: 100 * time.Millisecond}})
	ask := func(steps, seed string) job.Request {
		return s.ask("ann", "txt2img", map[string]string{"prompt": "x", "steps": steps, "seed": seed, "width": "64", "height": "64"})
	}
	s.done(ask("6", "1"))
	running, ready, last := ask("100", "2"), ask("100", "3"), ask("6", "4")
	s.phase(running, job.Running)
	s.eventually("the last one knows how long the others take", func() bool {
		snap, err := s.broker.Snapshot(t.Context(), job.DefaultQueue)
		return err == nil && len(snap.Waiting) == 2 && snap.Waiting[1].Job == last.ID && snap.Waiting[1].Seconds > 12 && snap.Waiting[1].Seconds < 30
	})
	for _, r := range []job.Request{last, ready, running} {
		if _, err := s.cancel(r.ID); err != nil {
			t.Error(err)
		}
	}
}

func TestTwelveUsersAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, settings{})
	var jobs []job.Request
	for u := range 12 {
		for n := range 2 {
			jobs = append(jobs, s.ask(fmt.Sprintf("user%d", u), "work", map[string]string{"salt": fmt.Sprint(100*u + n), "color": fmt.Sprint(u * 0x0a0b0c)}))
		}
	}
	s.once(jobs...)
	for i, r := range jobs {
		st, _ := s.done(r)
		if got, want := s.look(st).color, uint32(i/2*0x0a0b0c); got != want {
			t.Errorf("user %d got a picture of colour %06x, want %06x", i/2, got, want)
		}
	}
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
	s := start(t, settings{none: true, sim: comfysim.Config{Speed: 2}})
	stop := s.bridge(settings{})
	running := s.ask("ann", "work", map[string]string{"seconds": "8"})
	ready := s.ask("ann", "work", map[string]string{"seconds": "1", "salt": "1"})
	waiting := s.ask("ann", "work", map[string]string{"seconds": "1", "salt": "2"})
	began := s.phase(running, job.Running).Timings.Started
	s.inside(2) // a state that says "submitted" comes before the submission
	first := s.epoch()
	stop()
	s.bridge(settings{})
	s.eventually("the queue shows it among those that run", func() bool {
		snap, err := s.broker.Snapshot(t.Context(), job.DefaultQueue)
		return err == nil && snap.Epoch > first && len(snap.Running) == 1 && snap.Running[0].Job == running.ID
	})
	s.progress(running.ID, "from the new bridge", func(p job.Progress) bool { return p.Epoch > first })
	if st := s.ended(running); began.IsZero() || !st.Timings.Started.Equal(began) {
		t.Errorf("the run began at %v, its record says %v", began, st.Timings.Started)
	}
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
	s := start(t, settings{sim: comfysim.Config{Speed: 4}, bridge: bridge.Config{InFlight: 3}})
	var jobs []job.Request
	for i := range 3 {
		jobs = append(jobs, s.ask("ann", "work", map[string]string{"seconds": "3", "salt": fmt.Sprint(i)}))
	}
	s.phase(jobs[0], job.Running)
	s.inside(3)
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
