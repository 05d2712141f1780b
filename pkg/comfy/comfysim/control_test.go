package comfysim_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/comfy/comfysim/comfysimtest"
)

// eventually waits, within bounds, until a condition holds.
func eventually(t testing.TB, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !condition() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("it does not come to pass")
		}
	}
}

func TestControlRouteSetsOnlyWhatIsNamed(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{Faults: comfysim.Faults{OOMNext: 3}})
	c := client{t, base}
	steps := []struct {
		body string
		want comfysim.Faults
	}{
		{`{"history_delay": "1.5s"}`, comfysim.Faults{OOMNext: 3, HistoryDelay: comfysim.Duration(1500 * time.Millisecond)}},
		{`{"history_delay": "0s", "http": [{"route": "*", "mode": "slow", "times": 4}]}`,
			comfysim.Faults{OOMNext: 3, HTTP: []comfysim.HTTPFault{{Route: "*", Mode: comfysim.Slow, Times: 4}}}},
		{`{"oom_next": 0}`, comfysim.Faults{HTTP: []comfysim.HTTPFault{{Route: "*", Mode: comfysim.Slow, Times: 4}}}},
		{`{"http": [{"route": "GET /view", "mode": "cut"}]}`,
			comfysim.Faults{HTTP: []comfysim.HTTPFault{{Route: "GET /view", Mode: comfysim.Cut}}}},
		{`{"http": []}`, comfysim.Faults{HTTP: []comfysim.HTTPFault{}}},
	}
	for _, step := range steps {
		status, data := c.raw("POST", "/comfysim/faults", "application/json", []byte(step.body))
		var answer comfysim.Faults
		if err := json.Unmarshal(data, &answer); status != http.StatusOK || err != nil {
			t.Fatalf("%s: %d %s", step.body, status, data)
		}
		if diff := cmp.Diff(step.want, s.Faults(), emptyLists); diff != "" {
			t.Errorf("%s:\n%s", step.body, diff)
		}
		if diff := cmp.Diff(s.Faults(), answer, emptyLists); diff != "" {
			t.Errorf("%s: the answer differs\n%s", step.body, diff)
		}
	}
	c.do("POST", "/comfysim/faults", map[string]any{"silence": true})
	c.do("DELETE", "/comfysim/faults", nil)
	if _, data := c.raw("GET", "/comfysim/faults", "", nil); string(data) != "{}" {
		t.Errorf("after the reset: %s", data)
	}
}

// emptyLists makes an empty list equal none.
var emptyLists = cmp.Transformer("faults", func(l []comfysim.HTTPFault) map[int]comfysim.HTTPFault {
	m := map[int]comfysim.HTTPFault{}
	for i, h := range l {
		m[i] = h
	}
	return m
})

func TestControlRouteRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{Faults: comfysim.Faults{OOMNext: 3}})
	c := client{t, base}
	for _, body := range []string{
		`{"oom_nxt": 1}`, `{"oom_next": -1}`, `{"oom_next": "many"}`, `{"history_delay": 5}`, `{"history_delay": "-1s"}`,
		`{"http": [{"route": "/prompt", "mode": "slow"}]}`, `{"http": [{"route": "POST /prompt", "mode": "odd"}]}`,
		`{"http": [{"route": "POST /prompt", "mode": "fail", "status": 200}]}`, `{"http": [{"route": "*", "mode": "fail", "times": -1}]}`,
		`{} {}`, ``, `[]`,
	} {
		if status, _ := c.raw("POST", "/comfysim/faults", "application/json", []byte(body)); status != http.StatusBadRequest {
			t.Errorf("%s: %d", body, status)
		}
	}
	if f := s.Faults(); f.OOMNext != 3 {
		t.Errorf("changed: %+v", f)
	}
	if status, _ := c.raw("POST", "/comfysim/explode", "", nil); status != http.StatusMethodNotAllowed {
		t.Errorf("an unknown command: %d", status)
	}
	if _, err := comfysim.New(comfysim.Config{Faults: comfysim.Faults{HangNext: -1}}); err == nil {
		t.Error("a server with an invalid fault was made")
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{})
	c := client{t, base}
	steps := []struct {
		command string
		open    string // a socket to open first
		count   float64
	}{
		{"drop_sockets?client_id=me", "me", 1},
		{"drop_sockets", "me", 1},
		{"deafen?client_id=nobody", "me", 0},
		{"half_open?client_id=me", "", 1},
		{"end_half_open", "", 1},
		{"deafen?client_id=you", "you", 1},
		{"release", "", 0},
		{"clear_history", "", 1},
		{"restart", "", 1},
	}
	for _, step := range steps {
		if step.open != "" {
			c.open(step.open).next()
		}
		if status, answer := c.do("POST", "/comfysim/"+step.command, nil); status != http.StatusOK || answer["count"] != step.count {
			t.Errorf("%s: %d %v, want %v", step.command, status, answer, step.count)
		}
	}
	waitFor(t, s, c.submit("me", work(0, 1, 1)), comfysim.Success)
	_, data := c.raw("GET", "/comfysim/runs", "", nil)
	var runs []comfysim.Run
	if err := json.Unmarshal(data, &runs); err != nil || len(runs) != 1 || runs[0].Outcome != comfysim.Success || runs[0].Ended.IsZero() {
		t.Errorf("runs: %s, %v", data, err)
	}
}

func TestParseFaults(t *testing.T) {
	t.Parallel()
	got, err := comfysim.ParseFaults([]string{
		"silence", "oom_next", "hang_next=3", "client=abc", "history_delay=2s", `http={"route": "GET /view", "mode": "cut"}`,
	})
	want := comfysim.Faults{
		Silence: true, OOMNext: 1, HangNext: 3, Client: "abc", HistoryDelay: comfysim.Duration(2 * time.Second),
		HTTP: []comfysim.HTTPFault{{Route: "GET /view", Mode: comfysim.Cut}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	for _, bad := range []string{"nothing", "oom_next=x", "oom_next=-1", "silence=maybe", "http", "=", ""} {
		if _, err := comfysim.ParseFaults([]string{bad}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// journal is a run log in memory.
type journal struct {
	mu    sync.Mutex
	lines strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lines.Write(p)
}

func (j *journal) events(t *testing.T) (list []comfysim.Event) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.lines.String()) {
		var e comfysim.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		list = append(list, e)
	}
	return list
}

// A log that cannot be written makes whatever was proved by it worthless, so Run tells.
func TestRunLogThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	full := errors.New("full")
	s, err := comfysim.New(comfysim.Config{Dir: t.TempDir(), RunLog: broken{full}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Run(ctx); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
}

type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

// The log tells every run, and every loss of memory where it came.
func TestRunLog(t *testing.T) {
	t.Parallel()
	log := &journal{}
	s, base := comfysimtest.Start(t, comfysim.Config{RunLog: log, Faults: comfysim.Faults{HangNext: 1}})
	c := client{t, base}
	sock := c.open("me")
	lost := c.submit("me", work(0, 2, 1))
	sock.until(stepping)
	deleted := c.submit("me", work(0, 2, 2))
	c.do("POST", "/queue", map[string]any{"delete": []string{deleted}})
	s.Restart()
	sock = c.open("me")
	well := c.submit("me", work(0, 2, 3))
	sock.until(ended(well))
	c.do("POST", "/history", map[string]any{"delete": []string{well}})
	c.do("POST", "/history", map[string]any{"clear": true})
	c.do("POST", "/free", map[string]any{"free_memory": true})
	type line struct {
		Kind    comfysim.EventKind
		Prompt  string
		Run     int
		Outcome comfysim.Outcome
	}
	want := []line{
		{Kind: "restart"},
		{Kind: "queued", Prompt: lost}, {"started", lost, 1, ""}, {Kind: "hang", Prompt: lost},
		{Kind: "queued", Prompt: deleted}, {Kind: "deleted", Prompt: deleted}, {"ended", lost, 1, "lost"},
		{Kind: "restart"},
		{Kind: "queued", Prompt: well}, {"started", well, 2, ""}, {"ended", well, 2, "success"},
		{Kind: "history_cleared", Prompt: well}, {Kind: "history_cleared"}, {Kind: "free"},
	}
	var got []line
	for _, e := range log.events(t) {
		got = append(got, line{e.Kind, e.PromptID, e.Run, e.Outcome})
		if e.At.IsZero() || (e.Kind == comfysim.EventQueued || e.Kind == comfysim.EventStarted || e.Kind == comfysim.EventEnded) && (e.ClientID != "me" || e.ExtraData["client_id"] != "me") {
			t.Errorf("incomplete: %+v", e)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
