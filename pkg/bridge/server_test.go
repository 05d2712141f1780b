package bridge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"discomfy/pkg/bridge"
	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/job"
)

const foreignGraph = `{
	"1":{"class_type":"EmptyImage","inputs":{"width":8,"height":8,"batch_size":1,"color":5}},
	"2":{"class_type":"LabWork","inputs":{"image":["1",0],"seconds":4,"steps":10,"salt":99}},
	"3":{"class_type":"SaveImage","inputs":{"images":["2",0],"filename_prefix":"other"}}}`

// TestAServerThatWouldStopWhateverRunsIsNeverInterrupted cancels a job while
// another client's prompt runs, and one that runs itself: the run goes on, and
// its result is dropped.
func TestAServerThatWouldStopWhateverRunsIsNeverInterrupted(t *testing.T) {
	t.Parallel()
	for name, version := range map[string]string{"before 0.3.57": "0.3.56", "of a version that nobody knows": "a fork"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, settings{none: true, sim: comfysim.Config{Speed: 1, Faults: comfysim.Faults{GlobalInterrupt: true}}})
			interrupts := s.claim(version)
			s.bridge(settings{})
			release := s.hang()
			s.post("/prompt", `{"client_id":"someone","prompt":`+foreignGraph+`}`)
			s.eventually("the other one runs", func() bool { return len(s.sim.Runs()) == 1 })
			waits := s.ask("ann", "work", map[string]string{"salt": "1"})
			runs := s.ask("ann", "work", map[string]string{"seconds": "0.2", "salt": "2"})
			s.inside(2)
			s.stopped(waits)
			if started, _ := s.runsOf(waits.ID); started != 0 {
				t.Error("the one that waited ran")
			}
			release()
			release = s.hang() // after the other's run was struck
			s.phase(runs, job.Running)
			s.stopped(runs)
			release()
			s.once(s.ask("ann", "work", map[string]string{"salt": "3"}))
			if _, completed := s.runsOf(runs.ID); completed != 1 {
				t.Error("the one that ran did not go on")
			}
			if other := s.sim.Runs()[0]; other.Outcome != comfysim.Success {
				t.Errorf("the other's run: %+v", other)
			}
			if n := interrupts.Load(); n > 0 {
				t.Errorf("%d interrupts", n)
			}
		})
	}
}

// stopped cancels a job and holds that its record says so, without a result.
func (s *stack) stopped(r job.Request) {
	s.Helper()
	if _, err := s.cancel(r.ID); err != nil {
		s.Fatal(err)
	}
	if st := s.ended(r); st.Phase != job.Cancelled || len(st.Results) > 0 {
		s.Errorf("ended as %s, %v, with %d files", st.Phase, st.Error, len(st.Results))
	}
}

// claim has ComfyUI say that it is of another version, and counts the requests
// that interrupt a run.
func (s *stack) claim(version string) *atomic.Int64 {
	s.Helper()
	interrupts := &atomic.Int64{}
	s.front(func(pass http.Handler, w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/interrupt") || strings.HasSuffix(r.URL.Path, "/cancel") {
			interrupts.Add(1)
		}
		if !strings.HasSuffix(r.URL.Path, "/system_stats") {
			pass.ServeHTTP(w, r)
			return
		}
		said := httptest.NewRecorder()
		pass.ServeHTTP(said, r)
		own := []byte(`"0.33.0"`)
		if !bytes.Contains(said.Body.Bytes(), own) {
			s.Errorf("no version to replace in %s", said.Body)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.Copy(w, bytes.NewReader(bytes.Replace(said.Body.Bytes(), own, []byte(`"`+version+`"`), 1)))
	})
	return interrupts
}

// TestAPromptThatWasNotSentIsPostedAgain refuses connections at the moment of
// the POST: ComfyUI certainly does not have the prompt.
func TestAPromptThatWasNotSentIsPostedAgain(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true})
	s.front(func(pass http.Handler, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			w.Header().Set("Connection", "close") // each request connects anew
		}
		pass.ServeHTTP(w, r)
	})
	g := s.gate()
	var shut atomic.Bool
	s.bridge(settings{bridge: bridge.Config{Hook: func(_ context.Context, point string) {
		if point == bridge.PointBeforePost && !shut.Swap(true) {
			g.shut()
		}
	}}})
	r := s.ask("ann", "work", nil)
	s.eventually("the prompt waits", func() bool { return s.log.has("could not be reached; the prompt waits") })
	g.open()
	s.once(r)
	states, err := s.broker.States(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []job.Phase{job.Queued, job.Submitted} {
		if states[i].Phase != want || states[i+1].Phase == want {
			t.Errorf("the states are %+v", states)
		}
	}
}

func TestTheStatusTellsWhatTheSocketHeard(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Faults: comfysim.Faults{CorruptTextNext: 2}}})
	s.once(s.ask("ann", "work", nil))
	client := s.sim.Runs()[0].ClientID
	s.post("/prompt", `{"client_id":"`+client+`","prompt":`+foreignGraph+`}`)
	var st bridge.Status
	s.eventually("the stranger is counted", func() bool {
		data, err := s.broker.Status(t.Context(), job.DefaultQueue)
		if err != nil {
			return false
		}
		st = bridge.Status{}
		if err := json.Unmarshal(data, &st); err != nil {
			t.Fatalf("status %s: %v", data, err)
		}
		return st.Frames.Strangers == 1
	})
	if st.ClientID != client || !st.Connected || st.Version != "0.33.0" || st.Counters.Done != 1 || st.InFlight != 2 {
		t.Errorf("status = %+v", st)
	}
	if c := st.Socket; c.Bad != 2 || c.Frames <= c.Bad || c.Connected == 0 || c.Connected < c.Disconnected {
		t.Errorf("socket = %+v", c)
	}
}
