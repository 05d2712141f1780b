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

const connected = "connected to comfyui"

// foundWithin is how long after a reconnect an end may be found that nobody
// heard.
const foundWithin = 2 * time.Second

func TestADroppedSocketLosesNothing(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Speed: 2}})
	long := s.ask("ann", "work", map[string]string{"seconds": "16", "steps": "160"})
	short := s.ask("bob", "work", map[string]string{"seconds": "0.2", "salt": "1"})
	s.phase(long, job.Running)
	s.inside(2)
	client := s.sim.Runs()[0].ClientID
	for range 3 {
		before := strings.Count(s.log.String(), connected)
		s.sim.DropSockets(client)
		s.eventually("it is connected again", func() bool { return strings.Count(s.log.String(), connected) > before })
		since := s.log.when(connected)
		s.progress(long.ID, "since the reconnect", func(p job.Progress) bool { return p.At.After(since) })
	}
	s.once(long, short)
}

// TestAnEndThatNobodyHeard has runs end while there is no socket, so that their
// ends are found in the history. What is judged is the middle of several: any
// one may meet a machine that has no time.
func TestAnEndThatNobodyHeard(t *testing.T) {
	t.Parallel()
	t.Run("at the drop", func(t *testing.T) {
		t.Parallel()
		s := start(t, settings{sim: comfysim.Config{Speed: 1}})
		s.foundSoon(6, func(i int) job.Request {
			r := s.ask("ann", "work", map[string]string{"seconds": "0.3", "steps": "3", "salt": fmt.Sprint(i)})
			s.eventually("it runs", func() bool { return len(s.sim.Runs()) == i+1 })
			run := s.sim.Runs()[i]
			<-time.After(time.Until(run.Started.Add(300*time.Millisecond + time.Duration(i-3)*5*time.Millisecond)))
			s.sim.DropSockets(run.ClientID)
			return r
		})
	})
	t.Run("while the socket is down", func(t *testing.T) {
		t.Parallel()
		s := start(t, settings{sim: comfysim.Config{Speed: 1}})
		s.foundSoon(3, func(i int) job.Request {
			r := s.ask("ann", "work", map[string]string{"seconds": "0.5", "salt": fmt.Sprint(i)})
			s.phase(r, job.Running)
			s.refuseSockets(true)
			s.sim.DropSockets("")
			s.ranUnheard(r)
			return r
		})
	})
	t.Run("before the first event", func(t *testing.T) {
		t.Parallel()
		var s *stack
		s = start(t, settings{sim: comfysim.Config{Speed: 1}, bridge: bridge.Config{Hook: func(_ context.Context, point string) {
			if point == bridge.PointBeforePost {
				s.refuseSockets(true)
				s.sim.DropSockets("")
			}
		}}})
		s.foundSoon(3, func(i int) job.Request {
			r := s.ask("ann", "work", map[string]string{"seconds": "0.1", "salt": fmt.Sprint(i)})
			s.ranUnheard(r)
			return r
		})
		if s.log.has("run started") {
			t.Errorf("an event was heard:\n%s", s.log)
		}
	})
}

// refuseSockets lets no WebSocket in.
func (s *stack) refuseSockets(are bool) {
	s.Helper()
	if err := s.sim.ChangeFaults(func(f *comfysim.Faults) {
		f.HTTP = nil
		if are {
			f.HTTP = []comfysim.HTTPFault{{Route: "GET /ws", Mode: comfysim.Refuse}}
		}
	}); err != nil {
		s.Fatal(err)
	}
}

// ranUnheard waits for the end of a run, and then lets the bridge find it.
func (s *stack) ranUnheard(r job.Request) {
	s.Helper()
	s.eventually("the run has ended", func() bool { _, completed := s.runsOf(r.ID); return completed == 1 })
	if st, err := s.broker.Last(s.Context(), r.ID); err != nil || st.Phase.Ended() {
		s.Errorf("the end is known without a socket: %s, %v", st.Phase, err)
	}
	s.refuseSockets(false)
}

// foundSoon has runs end unheard, one after the other, and holds how long after
// the reconnect their ends were written, or after the run where that came later.
func (s *stack) foundSoon(times int, unheard func(i int) job.Request) {
	s.Helper()
	var late []time.Duration
	for i := range times {
		r := unheard(i)
		st, _ := s.done(r)
		since := s.log.when(connected)
		for _, run := range s.sim.Runs() {
			if run.PromptID == st.PromptID && run.Ended.After(since) {
				since = run.Ended
			}
		}
		late = append(late, st.At.Sub(since))
		s.once(r)
	}
	slices.Sort(late)
	if middle := late[len(late)/2]; middle > foundWithin {
		s.Errorf("found %v after the reconnect", late)
	}
}
