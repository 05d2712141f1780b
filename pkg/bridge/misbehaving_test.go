package bridge_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"discomfy/pkg/bridge"
	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/job"
)

// struck is a fault of the server for one request to a route.
func struck(route string, mode comfysim.Mode, delay time.Duration) comfysim.HTTPFault {
	return comfysim.HTTPFault{Route: route, Mode: mode, Delay: comfysim.Duration(delay), Times: 1}
}

// TestAServerThatMisbehavesRunsEachJobOnce switches one fault on and holds that
// every job still ends well after one completed run.
func TestAServerThatMisbehavesRunsEachJobOnce(t *testing.T) {
	t.Parallel()
	tests := map[string]comfysim.Faults{
		"the answer to a prompt is lost":      {HTTP: []comfysim.HTTPFault{struck("POST /prompt", comfysim.Unanswered, 0)}},
		"half of the answer arrives":          {HTTP: []comfysim.HTTPFault{struck("POST /prompt", comfysim.Cut, 0)}},
		"a prompt is refused without answer":  {HTTP: []comfysim.HTTPFault{struck("POST /prompt", comfysim.Refuse, 0)}},
		"a prompt is answered by a bad proxy": {HTTP: []comfysim.HTTPFault{struck("POST /prompt", comfysim.Fail, 0)}},
		"a prompt is read and done late":      {HTTP: []comfysim.HTTPFault{struck("POST /prompt", comfysim.Late, 300*time.Millisecond)}},
		"the queue is not told":               {HTTP: []comfysim.HTTPFault{struck("GET /queue", comfysim.Fail, 0)}},
		"the history is not told":             {HTTP: []comfysim.HTTPFault{struck("GET /history/*", comfysim.Fail, 0)}},
		"the history comes late":              {HistoryDelay: comfysim.Duration(400 * time.Millisecond)},
		"the history never comes":             {NoHistoryNext: 1},
		"a download breaks off":               {HTTP: []comfysim.HTTPFault{struck("GET /view", comfysim.Cut, 0)}},
		"a download is refused":               {HTTP: []comfysim.HTTPFault{struck("GET /view", comfysim.Refuse, 0)}},
		"frames are corrupt":                  {CorruptTextNext: 5, CutBinaryNext: 5},
		"frames are too large":                {OversizedNext: 2},
		"every twentieth frame breaks":        {DropEvery: 20},
		"memory is short once":                {OOMUntilFree: true},
		"the jobs API is hidden":              {NoJobsAPI: true},
		"progress names no prompt":            {NoProgressPromptID: true},
		"there are no node states":            {NoProgressState: true},
		"the server chooses the ids":          {OwnPromptIDs: true},
		"it is very old": {
			OwnPromptIDs: true, NoProgressState: true, NoProgressPromptID: true, GlobalInterrupt: true, NoJobsAPI: true,
		},
		"very old, and an answer is lost": {
			OwnPromptIDs: true, NoProgressState: true,
			HTTP: []comfysim.HTTPFault{struck("POST /prompt", comfysim.Unanswered, 0)},
		},
	}
	for name, faults := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, settings{sim: comfysim.Config{Faults: faults, Speed: 10}})
			var jobs []job.Request
			for i := range 3 {
				jobs = append(jobs, s.ask("ann", "work", map[string]string{"salt": fmt.Sprint(i)}))
			}
			for _, r := range jobs {
				s.done(r)
				if _, completed := s.runsOf(r.ID); completed != 1 {
					t.Errorf("completed %d times", completed)
				}
			}
			s.emptied()
		})
	}
}

// TestAPromptWhoseClientWasCutOff is the case in which one look is not enough:
// the prompt is on its way when ComfyUI is asked the first time.
func TestAPromptWhoseClientWasCutOff(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true, sim: comfysim.Config{Faults: comfysim.Faults{
		HTTP: []comfysim.HTTPFault{struck("POST /prompt", comfysim.Late, 500*time.Millisecond)},
	}}})
	s.url = s.cuttingProxy(100 * time.Millisecond)
	s.bridge(settings{bridge: bridge.Config{Looks: time.Second}})
	s.once(s.ask("ann", "work", nil))
	if !s.log.has("the fate of the prompt is unknown") {
		t.Errorf("the bridge was not cut off:\n%s", s.log)
	}
}

// cuttingProxy passes everything on, and breaks the first POST /prompt off
// after a while without taking it back.
func (s *stack) cuttingProxy(after time.Duration) string {
	s.Helper()
	target, err := url.Parse(s.url)
	if err != nil {
		s.Fatal(err)
	}
	direct := *s // the address of the stack is changed afterwards
	proxy := httputil.NewSingleHostReverseProxy(target)
	var cut atomic.Bool
	var sent sync.WaitGroup
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/prompt" || r.Method != http.MethodPost || cut.Swap(true) {
			proxy.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		sent.Go(func() { direct.post("/prompt", string(body)) })
		<-time.After(after)
		panic(http.ErrAbortHandler)
	}))
	s.Cleanup(func() { front.Close(); sent.Wait() })
	return front.URL
}

func TestASilentSocketIsNoticed(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Speed: 1}})
	r := s.ask("ann", "work", map[string]string{"seconds": "2", "steps": "20"})
	s.phase(r, job.Running)
	client := s.sim.Runs()[0].ClientID
	for range 3 {
		before := strings.Count(s.log.String(), "connected to comfyui")
		s.sim.Deafen(client)
		next := s.ask("bob", "work", map[string]string{"seconds": "0.1", "salt": fmt.Sprint(before)})
		s.once(next)
		s.eventually("the deaf socket is left", func() bool { return strings.Count(s.log.String(), "connected to comfyui") > before })
	}
	s.once(r)
}

func TestAHalfOpenSocketIsLeft(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Speed: 1}})
	r := s.ask("ann", "work", map[string]string{"seconds": "1", "steps": "10"})
	s.phase(r, job.Running)
	client := s.sim.Runs()[0].ClientID
	s.sim.HalfOpen(client)
	s.once(r)
	next := s.ask("ann", "work", map[string]string{"seconds": "1", "salt": "2"})
	s.eventually("it runs", func() bool { started, _ := s.runsOf(next.ID); return started == 1 })
	s.sim.EndHalfOpen(client) // the old one dies at last, and takes the new one with it
	s.once(next)
}

func TestANodeThatHearsNothingKeepsItsPlaceOnly(t *testing.T) {
	t.Parallel()
	s := start(t, settings{
		sim:    comfysim.Config{Speed: 1, Faults: comfysim.Faults{HangNext: 1}},
		bridge: bridge.Config{InFlight: 1, LivesOn: time.Second},
	})
	hanging := s.ask("ann", "work", map[string]string{"seconds": "0.1"})
	next := s.ask("bob", "work", map[string]string{"seconds": "0.1", "salt": "1"})
	s.eventually("its node hangs", func() bool { return s.sim.Faults().HangNext == 0 })
	if _, err := s.cancel(hanging.ID); err != nil {
		t.Fatal(err)
	}
	if st := s.ended(hanging); st.Phase != job.Cancelled {
		t.Errorf("ended as %s", st.Phase)
	}
	if started, _ := s.runsOf(next.ID); started != 0 {
		t.Error("the next one was submitted although the node still hangs")
	}
	s.sim.Release()
	s.done(next)
}

func TestAFileThatIsGoneIsSaid(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Faults: comfysim.Faults{FilesGone: true}}})
	if st := s.ended(s.ask("ann", "work", nil)); st.Phase != job.Failed || codeOf(st) != job.CodeNoOutput {
		t.Errorf("ended as %s, %v", st.Phase, st.Error)
	}
}
