package discordsim_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"discomfy/pkg/discord/discordsim"
)

// endpoint is an application that gets its interactions by HTTP. answer is asked about every one that is signed.
type endpoint struct {
	f      *fake
	url    string
	forged atomic.Int64 // requests with a wrong signature
	heard  atomic.Int64
	blind  atomic.Bool // does not look at signatures
	answer func(w http.ResponseWriter, i *discordsim.Interaction)
}

func newEndpoint(t *testing.T, f *fake, answer func(http.ResponseWriter, *discordsim.Interaction)) *endpoint {
	t.Helper()
	e := &endpoint{f: f, answer: answer}
	web := httptest.NewServer(e)
	t.Cleanup(web.Close)
	e.url = web.URL
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key, _ := hex.DecodeString(e.f.App().VerifyKey)
	signature, _ := hex.DecodeString(r.Header.Get("X-Signature-Ed25519"))
	if !e.blind.Load() && !ed25519.Verify(key, append([]byte(r.Header.Get("X-Signature-Timestamp")), body...), signature) {
		e.forged.Add(1)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var p struct {
		Type int           `json:"type"`
		ID   discordsim.ID `json:"id"`
	}
	_ = json.Unmarshal(body, &p)
	if p.Type == 1 {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"type":1}`)
		return
	}
	e.heard.Add(1)
	e.answer(w, e.f.Interaction(p.ID))
}

func inline(body string) func(http.ResponseWriter, *discordsim.Interaction) {
	return func(w http.ResponseWriter, _ *discordsim.Interaction) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
}

func TestInteractionsGoToTheEndpointInsteadOfTheGateway(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	f.command(t, "make")
	e := newEndpoint(t, f, inline(`{"type":4,"data":{"content":"hello"}}`))
	if err := f.SetEndpoint(t.Context(), e.url); err != nil {
		t.Fatal(err)
	}
	if e.forged.Load() < 3 || f.App().InteractionURL != e.url {
		t.Errorf("%d wrong signatures, URL %s", e.forged.Load(), f.App().InteractionURL)
	}
	c, _ := f.session(t, nil)
	for range 11 { // the eleventh comes with a wrong signature too
		i, err := f.Answer(t.Context(), f.invoke(t, "make"))
		if err != nil || f.Message(i.Original).Content != "hello" {
			t.Fatalf("%+v, %v", i, err)
		}
	}
	if err := f.SetEndpoint(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	id := f.invoke(t, "make")
	if p := c.next(0, "INTERACTION_CREATE"); idOf(t, p) != id { // the first one it hears
		t.Errorf("%s", p.D)
	}
	f.until(t, "wrong signatures", func() bool { return e.forged.Load() >= 5+2 })
	f.noViolations(t)
}

func TestACallbackAndAnEmpty202(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	f.command(t, "make")
	done := make(chan struct{})
	e := newEndpoint(t, f, func(w http.ResponseWriter, i *discordsim.Interaction) {
		f.callback(t, i, `{"type":5}`).want(t, 200, 0)
		w.WriteHeader(http.StatusAccepted)
		close(done)
	})
	if err := f.SetEndpoint(t.Context(), e.url); err != nil {
		t.Fatal(err)
	}
	i, err := f.Answer(t.Context(), f.invoke(t, "make"))
	if err != nil || !f.Message(i.Original).Loading() {
		t.Errorf("%+v, %v", i, err)
	}
	<-done
	f.noViolations(t)
}

func TestWrongAnswersOfAnEndpoint(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *discordsim.Interaction)
		want   string
	}{
		"202 with a body": {func(w http.ResponseWriter, _ *discordsim.Interaction) {
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, "ok")
		}, "want 200 with JSON, or 202"},
		"a page":       {func(w http.ResponseWriter, _ *discordsim.Interaction) { _, _ = io.WriteString(w, "<html>") }, "want 200 with JSON, or 202"},
		"invalid JSON": {inline(`{"type":4,"data":{"content":"` + strings.Repeat("x", 2001) + `"}}`), "interactions endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, quick())
			f.command(t, "make")
			e := newEndpoint(t, f, c.answer)
			if err := f.SetEndpoint(t.Context(), e.url); err != nil {
				t.Fatal(err)
			}
			f.invoke(t, "make")
			f.until(t, "a violation", func() bool { return len(f.Violations()) > 0 })
			f.violated(t, c.want)
		})
	}
}

// Whoever stops looking at signatures loses the URL, as at Discord.
func TestAnEndpointThatAcceptsWrongSignatures(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	f.command(t, "make")
	e := newEndpoint(t, f, inline(`{"type":5}`))
	e.blind.Store(true)
	if err := f.SetEndpoint(t.Context(), e.url); err == nil {
		t.Error("the endpoint passed the test")
	}
	e.blind.Store(false)
	if err := f.SetEndpoint(t.Context(), e.url); err != nil {
		t.Fatal(err)
	}
	e.blind.Store(true)
	f.invoke(t, "make")
	f.until(t, "the URL is removed", func() bool { return f.App().InteractionURL == "" })
	if v := strings.Join(f.Violations(), "\n"); !strings.Contains(v, "the URL is removed") {
		t.Errorf("violations %q", v)
	}
}

func TestEndpointsThatAreNoneArePutOff(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	for _, url := range []string{web.URL, "http://127.0.0.1:1", "nonsense"} {
		if err := f.SetEndpoint(t.Context(), url); err == nil || f.App().InteractionURL != "" {
			t.Errorf("%s: %v", url, err)
		}
	}
	f.noViolations(t)
}
