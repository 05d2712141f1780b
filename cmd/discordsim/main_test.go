package main

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestServesAtThePrintedAddressUntilStopped(t *testing.T) {
	t.Parallel()
	base, stop := start(t, "--token", "secret", "--app", "4242")
	if status, body := get(t, base+"/", ""); status != http.StatusOK || !strings.Contains(body, `id="composer"`) {
		t.Errorf("the page: %d %.200s", status, body)
	}
	status, body := get(t, base+"/api/v10/applications/@me", "Bot secret")
	var app struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal([]byte(body), &app); err != nil || status != http.StatusOK || app.ID != "4242" {
		t.Errorf("the application: %d %.200s", status, body)
	}
	if status, _ := get(t, base+"/api/v10/applications/@me", "Bot sim.token"); status != http.StatusUnauthorized {
		t.Errorf("another token: %d", status)
	}
	stop()
}

// An ingress that starts later than its Discord gets its interactions as soon as it is there.
func TestTheEndpointIsSetWhenItAnswers(t *testing.T) {
	t.Parallel()
	seed := strings.Repeat("ab", ed25519.SeedSize)
	raw, _ := hex.DecodeString(seed)
	public := ed25519.NewKeyFromSeed(raw).Public().(ed25519.PublicKey)
	asked := 0
	ready := make(chan struct{})
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 1 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		body, _ := io.ReadAll(r.Body)
		signature, _ := hex.DecodeString(r.Header.Get("X-Signature-Ed25519"))
		if !ed25519.Verify(public, append([]byte(r.Header.Get("X-Signature-Timestamp")), body...), signature) {
			w.WriteHeader(http.StatusUnauthorized)
			if asked == 7 { // the last of the wrong signatures
				close(ready)
			}
			return
		}
		_, _ = io.WriteString(w, `{"type":1}`)
	}))
	defer endpoint.Close()
	base, stop := start(t, "--key", seed, "--endpoint", endpoint.URL)
	defer stop()
	select {
	case <-ready:
	case <-time.After(20 * time.Second):
		t.Fatal("the endpoint is not asked")
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 500 {
		if _, body := get(t, base+"/api/v10/applications/@me", "Bot sim.token"); strings.Contains(body, endpoint.URL) {
			return
		}
		<-tick.C
	}
	t.Error("the application has no endpoint")
}

func TestBadFlagsAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"--limit", "nothing=1"}, {"--limit", "edit=5"}, {"--limit", "ack=soon"}, {"--limit", "identify=x"},
		{"--limit", "token=0/1s"}, {"--key", "ab"}, {"--tier", "4"}, {"--addr", "nowhere:x"},
	} {
		if err := parse(t, args...).serve(t.Context(), io.Discard); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}

func TestLimitsAreSet(t *testing.T) {
	t.Parallel()
	l, err := limitsOf([]string{"edit=7/3s", "old-edit=none", "ack=1s", "identify=9"})
	if err != nil {
		t.Fatal(err)
	}
	if l.Edit.Burst != 7 || l.Edit.Per != 3*time.Second || l.OldEdit.Burst != 0 || l.AckWithin != time.Second || l.Identify != 9 {
		t.Errorf("%+v", l)
	}
}

func parse(t *testing.T, args ...string) cli {
	t.Helper()
	var c cli
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(append([]string{"--addr", "127.0.0.1:0"}, args...)); err != nil {
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
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	_, base, found := strings.Cut(strings.TrimSpace(line), " (fake): ")
	if !found {
		t.Fatalf("printed %q", line)
	}
	return base, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		in.Close()
	}
}

func get(t *testing.T, url, authorization string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", "DiscordBot (https://example.org, 1)")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
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
