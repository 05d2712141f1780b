package bridge_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"discomfy/pkg/bridge"
	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

func TestErrorsArriveAsWords(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		workflow string
		args     map[string]string
		phase    job.Phase
		code     job.Code
		words    []string
	}{
		"a file the server refuses": {
			workflow: "refused", phase: job.Rejected, code: job.CodeRejected, words: []string{"Load", "image", "gone.png"},
		},
		"an output that was dropped": {
			workflow: "partly", phase: job.Rejected, code: job.CodeRejected, words: []string{"Load", "gone.png"},
		},
		"a model that is not there": {
			workflow: "txt2img", args: map[string]string{"prompt": "x", "checkpoint": "flux.safetensors"},
			phase: job.Rejected, code: job.CodeMissingModel, words: []string{"flux.safetensors"},
		},
		"an exception in a node": {
			workflow: "fail", phase: job.Failed, code: job.CodeNodeFailed, words: []string{"Fail", "channels"},
		},
		"out of memory": {
			workflow: "fail", args: map[string]string{"kind": "oom"}, phase: job.Failed, code: job.CodeOutOfMemory, words: []string{"out of memory", "Fail"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWithVanishingFile(t)
			r := s.ask("ann", test.workflow, test.args)
			st := s.ended(r)
			if st.Phase != test.phase || codeOf(st) != test.code {
				t.Fatalf("ended as %s, %v", st.Phase, st.Error)
			}
			for _, w := range test.words {
				if !strings.Contains(st.Error.Error(), w) {
					t.Errorf("the words %q lack %q", st.Error, w)
				}
			}
			if strings.Contains(st.Error.Error(), "Traceback") || strings.Contains(st.Error.Error(), "\n") {
				t.Errorf("too much is said: %q", st.Error)
			}
			if runs := s.sim.Runs(); len(runs) > 0 && !runs[len(runs)-1].Ended.IsZero() {
				if late := st.At.Sub(runs[len(runs)-1].Ended); late > time.Second {
					t.Errorf("said %v after ComfyUI knew", late)
				}
			}
			s.emptied()
		})
	}
}

// startWithVanishingFile is a stack whose server offered gone.png when it was
// asked, and does not have it any more: only the server itself can notice.
func startWithVanishingFile(t *testing.T) *stack {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "input", "gone.png")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, picture.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, settings{sim: comfysim.Config{Dir: dir}})
	s.eventually("the nodes are read", func() bool { return s.log.has("learned what ComfyUI offers") })
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOutOfMemoryIsTriedOnceMore(t *testing.T) {
	t.Parallel()
	s := start(t, settings{})
	r := s.ask("ann", "fail", map[string]string{"kind": "oom"})
	st := s.ended(r)
	if started, completed := s.runsOf(r.ID); started != 2 || completed != 0 {
		t.Errorf("started %d times, completed %d", started, completed)
	}
	if st.Attempt != 2 || st.Starts != 2 || st.Retry != job.CodeOutOfMemory {
		t.Errorf("record = %+v", st)
	}
	states, err := s.broker.States(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	said := false
	for _, st := range states {
		said = said || strings.Contains(st.Note, "trying once more")
	}
	if !said {
		t.Errorf("no state says that it is tried once more: %+v", states)
	}
}

func TestARunThatTakesTooLongIsStopped(t *testing.T) {
	t.Parallel()
	s := start(t, settings{
		sim:    comfysim.Config{Speed: 1},
		bridge: bridge.Config{Timeouts: map[workflow.Kind]time.Duration{workflow.KindImage: 1500 * time.Millisecond}},
	})
	r := s.ask("ann", "work", map[string]string{"seconds": "60", "steps": "600"})
	st := s.ended(r)
	if st.Phase != job.Failed || codeOf(st) != job.CodeTimedOut {
		t.Errorf("ended as %s, %v", st.Phase, st.Error)
	}
	if took := st.Timings.Ended.Sub(st.Timings.Started); took < 1500*time.Millisecond || took > 10*time.Second {
		t.Errorf("stopped after %v", took)
	}
	s.done(s.ask("ann", "work", map[string]string{"seconds": "0.01"}))
}

func TestStoppedAtTheServerItself(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Speed: 1}})
	r := s.ask("ann", "work", map[string]string{"seconds": "60", "steps": "600"})
	s.phase(r, job.Running)
	s.post("/interrupt", `{}`)
	if st := s.ended(r); st.Phase != job.Cancelled || st.Stop == nil || st.Stop.By != "server" {
		t.Errorf("ended as %s, stop %+v", st.Phase, st.Stop)
	}
}

func TestRemovedInComfyUIsOwnPage(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Speed: 1}})
	running := s.ask("ann", "work", map[string]string{"seconds": "3"})
	ready := s.ask("ann", "work", map[string]string{"salt": "1"})
	s.phase(running, job.Running)
	s.inside(2)
	s.post("/queue", `{"delete":["`+ready.ID.String()+`"]}`)
	if st := s.ended(ready); st.Phase != job.Cancelled || st.Stop == nil || st.Stop.By != "server" {
		t.Errorf("ended as %s, stop %+v\n%s", st.Phase, st.Stop, s.log)
	}
	s.done(running)
}

// post sends a request to ComfyUI as its own page would.
func (s *stack) post(path, body string) {
	s.Helper()
	resp, err := http.Post(s.url+path, "application/json", strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		s.Fatalf("POST %s: %s", path, resp.Status)
	}
}

// TestANewModelIsFoundWithoutARestart has the server tell an old list of models
// at first.
func TestANewModelIsFoundWithoutARestart(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true})
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	var reads atomic.Int64
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(resp *http.Response) error {
			if resp.Request.URL.Path != "/object_info" || reads.Add(1) > 1 {
				return nil
			}
			data, err := io.ReadAll(resp.Body)
			data = bytes.ReplaceAll(data, []byte("tiny.safetensors"), []byte("old_.safetensors"))
			resp.Body = io.NopCloser(bytes.NewReader(data))
			return err
		},
	}
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	s.url = front.URL
	s.bridge(settings{})
	s.eventually("the catalog is there", func() bool { return s.log.has("learned what ComfyUI offers") })
	s.done(s.ask("ann", "txt2img", map[string]string{"prompt": "x", "checkpoint": "tiny.safetensors", "steps": "2"}))
}

func TestAWorkflowThatIsNotThere(t *testing.T) {
	t.Parallel()
	s := start(t, settings{})
	r := s.request("ann", "work", nil)
	r.Workflow = "no-such-workflow"
	s.submit(r)
	if st := s.ended(r); st.Phase != job.Rejected || codeOf(st) != job.CodeUnknown {
		t.Errorf("ended as %s, %v", st.Phase, st.Error)
	}
}

func TestParametersThatAreNotWhatTheManifestSays(t *testing.T) {
	t.Parallel()
	s := start(t, settings{})
	for name, params := range map[string]job.Params{
		"wrong type":   {"seconds": "soon", "steps": "1"},
		"out of range": {"seconds": "1", "steps": "99999"},
		"unknown":      {"colour": "1"},
		"a list":       {"steps": []any{"1"}},
		"ten thousand": {"seconds": strings.Repeat("9", 10_000)},
		"not a number": {"seconds": "NaN"},
		"odd text":     {"salt": "\x00"},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.request("ann", "work", nil)
			r.Params = params
			s.submit(r)
			if st := s.ended(r); st.Phase != job.Rejected || codeOf(st) != job.CodeInvalid {
				t.Errorf("ended as %s, %v", st.Phase, st.Error)
			}
		})
	}
}
