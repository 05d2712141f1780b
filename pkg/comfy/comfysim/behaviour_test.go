package comfysim_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/comfy/comfysim/comfysimtest"
)

// work is a run of LabWork, saved.
func work(seconds float64, steps, salt int) map[string]any {
	return map[string]any{
		"1": map[string]any{"class_type": "EmptyImage", "inputs": map[string]any{"width": 64, "height": 64, "batch_size": 1, "color": salt}},
		"2": map[string]any{"class_type": "LabWork", "inputs": map[string]any{"image": []any{"1", 0}, "seconds": seconds, "steps": steps, "salt": salt}},
		"3": map[string]any{"class_type": "SaveImage", "inputs": map[string]any{"images": []any{"2", 0}, "filename_prefix": "work"}},
	}
}

// long is a run that no test waits for.
func long(salt int) map[string]any { return work(600, 600, salt) }

func stepping(event string, _ map[string]any) bool { return event == "progress" }

func TestRestartLosesQueueAndHistoryAndKeepsFiles(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{Speed: 10})
	c := client{t, base}
	sock := c.open("me")
	first := c.submit("me", work(0, 1, 1))
	sock.until(ended(first))
	cut := c.submit("me", long(2))
	waiting := c.submit("me", long(3))
	sock.until(stepping)

	s.Restart()
	_ = sock.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		if _, _, err := sock.conn.ReadMessage(); err != nil {
			break // the socket was dropped
		}
	}
	for _, id := range []string{first, cut, waiting} {
		if _, h := c.do("GET", "/history/"+id, nil); len(h) != 0 {
			t.Errorf("history of %s survived: %v", id, h)
		}
	}
	if _, q := c.do("GET", "/prompt", nil); q["exec_info"].(map[string]any)["queue_remaining"] != 0.0 {
		t.Errorf("the queue survived: %v", q)
	}
	if status, _ := c.raw("GET", "/view?filename=work_00001_.png", "", nil); status != http.StatusOK {
		t.Errorf("the file is gone: %d", status)
	}
	again := c.submit("me", work(0, 1, 4))
	waitFor(t, s, again, comfysim.Success)
	if got := outcomes(s); !slices.Equal(got, []comfysim.Outcome{comfysim.Success, comfysim.Lost, comfysim.Success}) {
		t.Errorf("runs: %v; the waiting prompt must never have run", got)
	}
}

func TestDropSocketsBreaksOnlyThoseOfTheClient(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{})
	c := client{t, base}
	mine, other := c.open("me"), c.open("other")
	mine.next()
	other.next()
	s.DropSockets("me")
	_ = mine.conn.SetReadDeadline(time.Now().Add(patience))
	if _, _, err := mine.conn.ReadMessage(); err == nil {
		t.Error("the dropped socket still hears")
	}
	again := c.open("me") // at once, and yet not deaf
	again.next()
	id := c.submit("me", work(0, 1, 1))
	again.until(ended(id))
	if event, _ := other.next(); event != "status" {
		t.Errorf("the other client hears %s, want status", event)
	}
}

func TestInterruptsStopBetweenSteps(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		version, path string
		body          func(id string) any
		outcome       comfysim.Outcome
	}{
		"by id":              {"0.3.64", "/interrupt", func(id string) any { return map[string]any{"prompt_id": id} }, comfysim.Interrupted},
		"without id":         {"0.8.0", "/interrupt", func(string) any { return nil }, comfysim.Interrupted},
		"by another id":      {"0.33.0", "/interrupt", func(string) any { return map[string]any{"prompt_id": uuid.NewString()} }, comfysim.Success},
		"a job's own cancel": {"0.33.0", "/api/jobs/{id}/cancel", func(string) any { return nil }, comfysim.Interrupted},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, base := comfysimtest.Start(t, comfysim.Config{Version: test.version, Speed: 10})
			c := client{t, base}
			sock := c.open("me")
			id := c.submit("me", work(5, 10, 1))
			sock.until(stepping)
			if status, _ := c.do("POST", replaceID(test.path, id), test.body(id)); status != http.StatusOK {
				t.Fatalf("%s: %d", test.path, status)
			}
			waitFor(t, s, id, test.outcome)
		})
	}
}

func TestAStrideOfStepsIsToldAtOnce(t *testing.T) {
	t.Parallel()
	for stride, want := range map[int][]float64{0: {1, 2, 3, 4}, 3: {1, 3, 4}, 4: {1, 4}, 9: {1, 4}} {
		s, base := comfysimtest.Start(t, comfysim.Config{Stride: stride})
		c := client{t, base}
		sock := c.open("me")
		id := c.submit("me", work(0, 4, 1))
		var told []float64
		sock.until(func(event string, data map[string]any) bool {
			if event == "progress" && data["node"] == "2" {
				told = append(told, data["value"].(float64))
			}
			return ended(id)(event, data)
		})
		waitFor(t, s, id, comfysim.Success)
		if !slices.Equal(told, want) {
			t.Errorf("with a stride of %d the steps %v were told, want %v", stride, told, want)
		}
	}
}

// A prompt without a client: its steps are told to everybody, its end to nobody.
func TestRunWithoutClientIsToldToAll(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{})
	c := client{t, base}
	sock := c.open("listener")
	_, answer := c.do("POST", "/prompt", map[string]any{"prompt": work(0, 2, 1)})
	id, _ := answer["prompt_id"].(string)
	waitFor(t, s, id, comfysim.Success)
	seen := sock.until(func(_ string, data map[string]any) bool {
		status, _ := data["status"].(map[string]any)
		info, _ := status["exec_info"].(map[string]any)
		return info["queue_remaining"] == 0.0 && data["sid"] == nil
	})
	if !slices.Contains(seen, "progress") {
		t.Errorf("no progress among %v", seen)
	}
	for _, private := range []string{"executing", "execution_success", "executed"} {
		if slices.Contains(seen, private) {
			t.Errorf("%s was told to a stranger", private)
		}
	}
}

func outcomes(s *comfysim.Server) []comfysim.Outcome {
	var list []comfysim.Outcome
	for _, r := range s.Runs() {
		list = append(list, r.Outcome)
	}
	return list
}

// waitFor waits until a prompt's run has ended, and compares how.
func waitFor(t *testing.T, s *comfysim.Server, id string, want comfysim.Outcome) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for {
		for _, r := range s.Runs() {
			if r.PromptID == id && r.Outcome != "" {
				if r.Outcome != want {
					t.Errorf("outcome %s, want %s", r.Outcome, want)
				}
				return
			}
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("the run of %s does not end", id)
		}
	}
}

// A client that has got the answer to its close opens a socket that hears, however fast it is.
func TestEntryIsGoneWhenACloseIsAnswered(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{})
	c := client{t, base}
	goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	for range 50 {
		sock := c.open("me")
		_ = sock.conn.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(patience))
		for {
			if _, _, err := sock.conn.ReadMessage(); err != nil {
				break
			}
		}
		if s.Deafen("me") != 0 {
			t.Fatal("the closed socket still had its entry")
		}
	}
}
