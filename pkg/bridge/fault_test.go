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
		if st, _ := s.done(r); st.Attempt != 1 {
			s.Errorf("job %s: attempt %d", r.ID, st.Attempt)
		}
	}
	s.oneRun(jobs...)
}

// oneRun holds that each job ended well after one run. It may have taken a
// second attempt: a lease that ends between the two looks and the POST leaves
// an attempt that never was.
func (s *stack) oneRun(jobs ...job.Request) {
	s.Helper()
	for _, r := range jobs {
		st, _ := s.done(r)
		if started, completed := s.runsOf(r.ID); started != 1 || completed != 1 {
			s.Errorf("job %s: started %d times, completed %d times, attempt %d", r.ID, started, completed, st.Attempt)
		}
	}
	s.emptied()
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
	s.oneRun(jobs...)
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
	s.absent(0)
}

// absent has ComfyUI be away for a while when the bridge starts, and then come.
func (s *stack) absent(away time.Duration) {
	s.Helper()
	g := s.gate()
	g.shut()
	s.bridge(settings{})
	r := s.ask("ann", "work", nil)
	says := func() bool {
		snap, err := s.broker.Snapshot(s.Context(), job.DefaultQueue)
		return err == nil && len(snap.Waiting) == 1 && strings.Contains(snap.Server, "does not answer")
	}
	s.eventually("the queue says why", says)
	<-time.After(away)
	s.eventually("the queue still says why", says)
	if lines := strings.Count(s.log.String(), "level=WARN"); lines > 3 {
		s.Errorf("%d warnings while ComfyUI was away:\n%s", lines, s.log)
	}
	if lines := s.log.errorLines(); len(lines) > 0 {
		s.Errorf("error lines:\n%s", lines)
	}
	g.open()
	s.once(r)
	s.once(s.ask("bob", "work", map[string]string{"salt": "1"}))
}
