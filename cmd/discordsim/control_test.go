package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/proof/loopback"
)

// What is ordered at the address of control is in the journal, which is whole when the server has stopped.
func TestControlAndJournal(t *testing.T) {
	t.Parallel()
	control, err := loopback.Free()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "journal")
	base, stop := start(t, "--control", control, "--journal", file, "--by-host")
	ordered := func() bool {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+control+"/mark", strings.NewReader(`{"name":"here"}`))
		if err != nil {
			t.Fatal(err)
		}
		a, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
		if err != nil {
			return false // it does not listen yet
		}
		a.Body.Close()
		return a.StatusCode == http.StatusOK
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(time.Minute)
	for !ordered() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("control does not answer")
		}
	}
	get(t, base+"/api/v10/applications/@me", "Bot sim.token")
	stop()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"event":"mark"`, `"text":"here"`, `"route":"GET /applications/@me"`, `"status":200`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the journal lacks %s:\n%s", want, text)
		}
	}
	if err := parse(t, "--journal", filepath.Join(file, "no", "folder")).serve(t.Context(), os.Stdout); err == nil {
		t.Error("a journal that can not be written is no error")
	}
}
