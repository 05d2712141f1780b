package bridge_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/broker/embedded"
	"discomfy/pkg/broker/embedded/embeddedtest"
	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/job"
)

// inside waits until ComfyUI has accepted n prompts of ours.
func (s *stack) inside(n int) {
	s.Helper()
	s.eventually(fmt.Sprintf("%d prompts are inside", n), func() bool { return strings.Count(s.log.String(), "prompt queued") == n })
}

// once holds that each job ended well after one run and one attempt.
func (s *stack) once(jobs ...job.Request) {
	s.Helper()
	for _, r := range jobs {
		st, _ := s.done(r)
		if started, completed := s.runsOf(r.ID); started != 1 || completed != 1 || st.Attempt != 1 {
			s.Errorf("job %s: started %d times, completed %d times, attempt %d", r.ID, started, completed, st.Attempt)
		}
	}
	s.emptied()
}

func TestADroppedSocketLosesNothing(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Speed: 2}})
	long := s.ask("ann", "work", map[string]string{"seconds": "4", "steps": "40"})
	short := s.ask("bob", "work", map[string]string{"seconds": "0.2", "salt": "1"})
	s.phase(long, job.Running)
	s.inside(2)
	client := s.sim.Runs()[0].ClientID
	for range 5 {
		before := strings.Count(s.log.String(), "connected to comfyui")
		s.sim.DropSockets(client)
		s.eventually("it is connected again", func() bool { return strings.Count(s.log.String(), "connected to comfyui") > before })
	}
	s.once(long, short)
}

// TestAnEndThatNobodyHeard drops the socket at the moment a run ends, so that
// its end is found in the history.
func TestAnEndThatNobodyHeard(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Speed: 1}})
	var jobs []job.Request
	for i := range 6 {
		r := s.ask("ann", "work", map[string]string{"seconds": "0.3", "steps": "3", "salt": fmt.Sprint(i)})
		jobs = append(jobs, r)
		s.eventually("it runs", func() bool { return len(s.sim.Runs()) == i+1 })
		run := s.sim.Runs()[i]
		left := time.Until(run.Started.Add(300*time.Millisecond + time.Duration(i-3)*5*time.Millisecond))
		<-time.After(left)
		s.sim.DropSockets(run.ClientID)
		st := s.ended(r)
		if ended := s.sim.Runs()[i].Ended; st.At.Sub(ended) > 3*time.Second {
			t.Errorf("found %v after it ended", st.At.Sub(ended))
		}
	}
	s.once(jobs...)
}

func TestNATSThatRestartsLosesNothing(t *testing.T) {
	t.Parallel()
	s := start(t, settings{tcp: true, lease: 2 * time.Second, sim: comfysim.Config{Speed: 2}})
	var jobs []job.Request
	for i := range 4 {
		jobs = append(jobs, s.ask("ann", "work", map[string]string{"seconds": "1", "salt": fmt.Sprint(i)}))
	}
	s.phase(jobs[0], job.Running)
	for _, away := range []time.Duration{0, 3 * time.Second} { // shorter and longer than the lease
		addr := strings.TrimPrefix(s.nats.ClientURL(), "nats://")
		s.nats.Shutdown()
		<-time.After(away)
		s.nats = embeddedtest.StartWith(t, embedded.Config{Dir: s.store, Addr: addr})
		s.eventually("NATS answers", func() bool { _, err := s.broker.Last(t.Context(), jobs[0].ID); return err == nil })
	}
	s.once(jobs...)
	s.once(s.ask("ann", "work", map[string]string{"salt": "9"}))
}

func TestTheSameJobPublishedFiveTimesRunsOnce(t *testing.T) {
	t.Parallel()
	s := start(t, settings{tcp: true, lease: 2 * time.Second})
	r := s.ask("ann", "work", nil)
	s.submit(r)
	s.done(r)
	s.submit(r)
	addr := strings.TrimPrefix(s.nats.ClientURL(), "nats://")
	s.nats.Shutdown()
	s.nats = embeddedtest.StartWith(t, embedded.Config{Dir: s.store, Addr: addr})
	s.eventually("NATS answers", func() bool { _, err := s.broker.Last(t.Context(), r.ID); return err == nil })
	s.submit(r)
	s.submit(r)
	s.once(r)
}

func TestComfyUIThatIsAbsentFailsNothing(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true})
	there := s.url
	s.url = "http://127.0.0.1:1" // nobody listens there
	stop := s.bridge(settings{})
	r := s.ask("ann", "work", nil)
	s.eventually("the queue says why", func() bool {
		snap, err := s.broker.Snapshot(t.Context(), job.DefaultQueue)
		return err == nil && len(snap.Waiting) == 1 && strings.Contains(snap.Server, "does not answer")
	})
	if lines := s.log.errorLines(); len(lines) > 0 {
		t.Errorf("error lines:\n%s", lines)
	}
	stop()
	s.url = there
	s.bridge(settings{})
	s.once(r)
}
