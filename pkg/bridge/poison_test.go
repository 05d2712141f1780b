package bridge_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/job"
)

// TestAPromptThatKillsComfyUIHarmsNobodyElse posts a prompt of which ComfyUI
// dies while another's job runs. The other one is run again alone, and the
// fatal one ends.
func TestAPromptThatKillsComfyUIHarmsNobodyElse(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true, sim: comfysim.Config{Speed: 1}})
	s.fatalFor([]byte(`"salt":77666`))
	s.bridge(settings{})
	good := s.ask("bob", "work", map[string]string{"seconds": "1"})
	s.phase(good, job.Running)
	bad := s.ask("ann", "work", map[string]string{"salt": "77666"})
	s.done(good)
	if st := s.ended(bad); st.Phase != job.Failed || codeOf(st) != job.CodeInternal || st.Starts != 0 {
		t.Errorf("the fatal one ended as %s, %v, after %d runs", st.Phase, st.Error, st.Starts)
	}
	s.done(s.ask("bob", "work", map[string]string{"salt": "1"}))
}

// fatalFor has the server restart instead of answering a prompt that holds the
// text.
func (s *stack) fatalFor(text []byte) {
	s.Helper()
	s.front(func(pass http.Handler, w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/prompt") {
			body, _ := io.ReadAll(r.Body) // a part is not what is looked for
			if bytes.Contains(body, text) {
				s.sim.Restart()
				panic(http.ErrAbortHandler)
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		pass.ServeHTTP(w, r)
	})
}
