package comfysim_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/comfy/comfysim/comfysimtest"
)

// switchOn replaces all switches.
func switchOn(t testing.TB, s *comfysim.Server, f comfysim.Faults) {
	t.Helper()
	if err := s.ChangeFaults(func(now *comfysim.Faults) { *now = f }); err != nil {
		t.Fatal(err)
	}
}

func TestFaultsOfTheNextRuns(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		faults comfysim.Faults
		kind   string // of the exception
	}{
		"out of memory": {comfysim.Faults{OOMNext: 1}, "torch.OutOfMemoryError"},
		"a node error":  {comfysim.Faults{NodeErrorNext: 1}, "RuntimeError"},
		"a full disk":   {comfysim.Faults{DiskFull: true}, "OSError"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, base := comfysimtest.Start(t, comfysim.Config{Faults: test.faults})
			c := client{t, base}
			sock := c.open("me")
			id := c.submit("me", work(0, 3, 1))
			var kind any
			seen := sock.until(func(event string, data map[string]any) bool {
				if event == "execution_error" {
					kind = data["exception_type"]
				}
				return ended(id)(event, data)
			})
			if kind != test.kind || !slices.Contains(seen, "progress") {
				t.Errorf("failed by %v after %v, want %s in the middle", kind, seen, test.kind)
			}
			switchOn(t, s, comfysim.Faults{OOMNext: s.Faults().OOMNext, NodeErrorNext: s.Faults().NodeErrorNext})
			waitFor(t, s, c.submit("me", work(0, 3, 1)), comfysim.Success)
		})
	}
}

// A graph without steps meets its fault at its output node.
func TestGraphWithoutStepsFailsToo(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{Faults: comfysim.Faults{OOMNext: 1}})
	c := client{t, base}
	id := c.submit("me", map[string]any{
		"1": map[string]any{"class_type": "EmptyImage", "inputs": map[string]any{"width": 8, "height": 8, "batch_size": 1, "color": 1}},
		"2": map[string]any{"class_type": "SaveImage", "inputs": map[string]any{"images": []any{"1", 0}, "filename_prefix": "x"}},
	})
	waitFor(t, s, id, comfysim.Failed)
}

func TestOutOfMemoryUntilSomebodyFrees(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{Faults: comfysim.Faults{OOMUntilFree: true}})
	c := client{t, base}
	for range 2 {
		waitFor(t, s, c.submit("me", work(0, 1, 1)), comfysim.Failed)
	}
	c.do("POST", "/free", map[string]any{})
	waitFor(t, s, c.submit("me", work(0, 1, 1)), comfysim.Failed)
	c.do("POST", "/free", map[string]any{"unload_models": true, "free_memory": true})
	waitFor(t, s, c.submit("me", work(0, 1, 1)), comfysim.Success)
}

func TestHangingNodeHearsNoInterruptUntilItsRelease(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{Faults: comfysim.Faults{HangNext: 1}})
	c := client{t, base}
	sock := c.open("me")
	id := c.submit("me", work(0, 3, 1))
	sock.until(stepping)
	c.do("POST", "/interrupt", map[string]any{"prompt_id": id})
	_ = sock.conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if _, data, err := sock.conn.ReadMessage(); err == nil {
		t.Errorf("a hanging run tells %s", data)
	}
	if r := s.Runs(); len(r) != 1 || r[0].Outcome != "" {
		t.Errorf("the run ended: %+v", r)
	}
	if n := s.Release(); n != 1 {
		t.Errorf("%d nodes were released", n)
	}
	waitFor(t, s, id, comfysim.Interrupted)
	if n := s.Release(); n != 0 {
		t.Errorf("%d more nodes were released", n)
	}
}

func TestRunIsStruckOnce(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{Faults: comfysim.Faults{HangNext: 2, OOMNext: 1}})
	id := client{t, base}.submit("me", work(0, 3, 1))
	eventually(t, func() bool { return s.Release() == 1 })
	waitFor(t, s, id, comfysim.Success)
	if f := s.Faults(); f.HangNext != 1 || f.OOMNext != 1 {
		t.Errorf("left: %+v", f)
	}
}

func TestRestartEndsAHang(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{Faults: comfysim.Faults{HangNext: 1}})
	c := client{t, base}
	sock := c.open("me")
	id := c.submit("me", work(0, 3, 1))
	sock.until(stepping)
	s.Restart()
	waitFor(t, s, id, comfysim.Lost)
}

// While history is slow the prompt is still the running one, as in a server whose executor is slow.
func TestHistoryDelay(t *testing.T) {
	t.Parallel()
	_, base := comfysimtest.Start(t, comfysim.Config{Faults: comfysim.Faults{HistoryDelay: comfysim.Duration(300 * time.Millisecond)}})
	c := client{t, base}
	sock := c.open("me")
	id := c.submit("me", work(0, 1, 1))
	sock.until(func(event string, _ map[string]any) bool { return event == "execution_success" })
	_, history := c.do("GET", "/history/"+id, nil)
	_, queue := c.do("GET", "/queue", nil)
	if running := queue["queue_running"].([]any); len(history) != 0 || len(running) != 1 {
		t.Errorf("right after the success: history %v, running %v", history, running)
	}
	sock.until(ended(id))
	if _, history := c.do("GET", "/history/"+id, nil); len(history) != 1 {
		t.Errorf("history after the end: %v", history)
	}
}

func TestNoHistoryNext(t *testing.T) {
	t.Parallel()
	_, base := comfysimtest.Start(t, comfysim.Config{Faults: comfysim.Faults{NoHistoryNext: 1}})
	c := client{t, base}
	sock := c.open("me")
	for i, want := range []int{0, 1} {
		id := c.submit("me", work(0, 1, i))
		sock.until(ended(id))
		if _, history := c.do("GET", "/history/"+id, nil); len(history) != want {
			t.Errorf("run %d: history %v, want %d entries", i, history, want)
		}
	}
}

func TestClearHistoryForgetsWhatHasEnded(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{})
	c := client{t, base}
	sock := c.open("me")
	id := c.submit("me", work(0, 1, 1))
	sock.until(ended(id))
	s.ClearHistory()
	if _, history := c.do("GET", "/history", nil); len(history) != 0 {
		t.Errorf("history %v", history)
	}
	if status, _ := c.raw("GET", "/view?filename=work_00001_.png", "", nil); status != http.StatusOK {
		t.Errorf("the file is gone: %d", status)
	}
}

func TestOldServers(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{Speed: 10, Faults: comfysim.Faults{
		NoProgressPromptID: true, NoProgressState: true, OwnPromptIDs: true, GlobalInterrupt: true, NoJobsAPI: true,
	}})
	c := client{t, base}
	sock := c.open("me")
	_, answer := c.do("POST", "/prompt", map[string]any{"prompt": long(1), "client_id": "me", "prompt_id": someID})
	id, _ := answer["prompt_id"].(string)
	if id == someID || id == "" {
		t.Errorf("the prompt got the id %q", id)
	}
	sock.until(func(event string, data map[string]any) bool {
		if event == "progress_state" {
			t.Error("progress_state is told")
		}
		if event == "progress" && (data["prompt_id"] != nil || data["node"] != "2") {
			t.Errorf("progress %v", data)
		}
		return event == "progress"
	})
	if status, _ := c.raw("GET", "/api/jobs", "", nil); status != http.StatusNotFound {
		t.Errorf("GET /api/jobs: %d", status)
	}
	if status, _ := c.raw("POST", "/api/jobs/"+id+"/cancel", "", nil); status != http.StatusMethodNotAllowed {
		t.Errorf("POST …/cancel: %d", status)
	}
	c.do("POST", "/interrupt", map[string]any{"prompt_id": someID})
	waitFor(t, s, id, comfysim.Interrupted)
}

const someID = "0199e3a0-7c1e-7b6a-9d42-5f0c8e1b2a04"
