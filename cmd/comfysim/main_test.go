package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestServesAtThePrintedAddressUntilStopped(t *testing.T) {
	t.Parallel()
	base, stop := start(t, "--version-of", "0.8.0")
	status, body := get(t, base+"/system_stats")
	if status != http.StatusOK || !strings.Contains(body, `"comfyui_version":"0.8.0"`) {
		t.Errorf("%d %s", status, body)
	}
	stop()
}

// The run log is continued by the next process, and faults are on from the start.
func TestFaultsAndRunLog(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "runs.jsonl")
	for range 2 {
		base, stop := start(t, "--run-log", log, "--fault", "oom_next=2", "--fault", "http={\"route\": \"GET /queue\", \"mode\": \"fail\"}")
		if _, faults := get(t, base+"/comfysim/faults"); faults != `{"oom_next":2,"http":[{"route":"GET /queue","mode":"fail"}]}` {
			t.Errorf("faults: %s", faults)
		}
		if status, _ := get(t, base+"/queue"); status != http.StatusInternalServerError {
			t.Errorf("GET /queue: %d", status)
		}
		stop()
	}
	lines, err := os.ReadFile(log)
	if err != nil || strings.Count(string(lines), `"event":"restart"`) != 2 {
		t.Errorf("run log: %s, %v", lines, err)
	}
}

func TestBadFlagsAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--fault", "nothing"}, {"--run-log", t.TempDir()}} {
		if err := parse(t, args...).serve(t.Context(), io.Discard); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}

func parse(t *testing.T, args ...string) cli {
	t.Helper()
	var c cli
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(append([]string{"--addr", "127.0.0.1:0", "--dir", t.TempDir()}, args...)); err != nil {
		t.Fatal(err)
	}
	return c
}

// start serves until stop is called, and returns the printed address.
func start(t *testing.T, args ...string) (base string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan error, 1)
	c := parse(t, args...)
	go func() { done <- c.serve(ctx, in) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, base, found := strings.Cut(strings.TrimSpace(line), " (fake): ")
	if !found {
		t.Fatalf("printed %q", line)
	}
	return base, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(body)
}
