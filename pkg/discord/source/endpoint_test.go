package source

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord/api"
)

// sender signs requests as Discord does.
type sender struct {
	key ed25519.PrivateKey
	now time.Time
}

func newSender() sender {
	return sender{ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), time.Unix(1_800_000_000, 500)}
}

func (s sender) public() ed25519.PublicKey { return s.key.Public().(ed25519.PublicKey) }

func (s sender) request(body string, at time.Time) *http.Request {
	stamp := strconv.FormatInt(at.Unix(), 10)
	r := httptest.NewRequest(http.MethodPost, "/interactions", strings.NewReader(body))
	r.Header.Set("X-Signature-Timestamp", stamp)
	r.Header.Set("X-Signature-Ed25519", hex.EncodeToString(ed25519.Sign(s.key, []byte(stamp+body))))
	return r
}

func (s sender) endpoint(h Handler, changes ...func(*EndpointConfig)) *Endpoint {
	c := EndpointConfig{PublicKey: s.public(), Now: func() time.Time { return s.now }}
	for _, change := range changes {
		change(&c)
	}
	return NewEndpoint(c, h)
}

func serve(e *Endpoint, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func TestAnInteractionIsHandledThenAccepted(t *testing.T) {
	t.Parallel()
	s := newSender()
	var deadline time.Duration
	e := s.endpoint(probe(func(ctx context.Context, i api.Interaction) {
		at, _ := ctx.Deadline()
		deadline = time.Until(at)
		if i.ID != id(1) || i.SizeLimit != 12345 || !i.Received.Equal(s.now) {
			t.Errorf("handled %+v", i)
		}
	}))
	w := serve(e, s.request(payload(id(1)), s.now))
	if w.Code != http.StatusAccepted || w.Body.Len() != 0 {
		t.Errorf("answered %d %q", w.Code, w.Body)
	}
	if deadline <= 0 || deadline > 3*time.Second {
		t.Errorf("the handler had %v", deadline)
	}
	if n := e.Stats(); n != (EndpointStats{Handled: 1}) {
		t.Errorf("counted %+v", n)
	}
}

func TestAPingIsAnswered(t *testing.T) {
	t.Parallel()
	s := newSender()
	w := serve(s.endpoint(newSeen()), s.request(`{"id":"1","application_id":"10","type":1,"token":"t","version":1}`, s.now))
	if w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `{"type":1}` || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("answered %d %q", w.Code, w.Body)
	}
}

func TestWhatIsNotDiscordsIsRefused(t *testing.T) {
	t.Parallel()
	s := newSender()
	other := sender{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize)), s.now}
	body := payload(id(1))
	change := func(f func(*http.Request)) *http.Request {
		r := s.request(body, s.now)
		f(r)
		return r
	}
	header := func(name, value string) *http.Request {
		return change(func(r *http.Request) { r.Header.Set(name, value) })
	}
	for name, c := range map[string]struct {
		r    *http.Request
		want int
	}{
		"another key":            {other.request(body, s.now), 401},
		"another body":           {change(func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(body + " ")) }), 401},
		"another time":           {header("X-Signature-Timestamp", strconv.FormatInt(s.now.Unix()+1, 10)), 401},
		"no signature":           {change(func(r *http.Request) { r.Header.Del("X-Signature-Ed25519") }), 401},
		"no time":                {change(func(r *http.Request) { r.Header.Del("X-Signature-Timestamp") }), 401},
		"half a signature":       {header("X-Signature-Ed25519", "abcd"), 401},
		"a signature of letters": {header("X-Signature-Ed25519", strings.Repeat("zz", 64)), 401},
		"a time of letters":      {header("X-Signature-Timestamp", "now"), 401},
		"too old":                {s.request(body, s.now.Add(-7*time.Second)), 401},
		"from the future":        {s.request(body, s.now.Add(7*time.Second)), 401},
		"old enough":             {s.request(body, s.now.Add(-5*time.Second)), 202},
		"by GET":                 {change(func(r *http.Request) { r.Method = http.MethodGet }), 405},
		"too large":              {s.request(strings.Repeat(" ", 1<<20)+body, s.now), 413},
		"signed nonsense":        {s.request("nonsense", s.now), 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newSeen()
			e := s.endpoint(h)
			if w := serve(e, c.r); w.Code != c.want {
				t.Errorf("answered %d %q", w.Code, w.Body)
			}
			if handled := len(h.ids) == 1; handled != (c.want == 202) {
				t.Errorf("handled: %v", handled)
			}
			if forged := e.Stats().Forged == 1; forged != (c.want == 401) {
				t.Errorf("counted %+v", e.Stats())
			}
		})
	}
}

func TestWithoutAKeyNobodyIsBelieved(t *testing.T) {
	t.Parallel()
	s := newSender()
	for _, key := range []ed25519.PublicKey{nil, {1, 2, 3}} {
		e := s.endpoint(newSeen(), func(c *EndpointConfig) { c.PublicKey = key })
		if w := serve(e, s.request(payload(id(1)), s.now)); w.Code != http.StatusUnauthorized {
			t.Errorf("answered %d", w.Code)
		}
	}
}

func TestTooManyRequestsAtOnce(t *testing.T) {
	t.Parallel()
	s, h := newSender(), newGate()
	e := s.endpoint(h, func(c *EndpointConfig) { c.Handlers = 1 })
	first := make(chan int, 1)
	go func() { first <- serve(e, s.request(payload(id(1)), s.now)).Code }()
	<-h.in
	if w := serve(e, s.request(payload(id(2)), s.now)); w.Code != http.StatusServiceUnavailable {
		t.Errorf("answered %d", w.Code)
	}
	close(h.out)
	if code := <-first; code != http.StatusAccepted {
		t.Errorf("the first was answered %d", code)
	}
}

func TestDiscordHangingUpDoesNotStopTheHandler(t *testing.T) {
	t.Parallel()
	s := newSender()
	ctx, cancel := context.WithCancel(t.Context())
	e := s.endpoint(probe(func(inner context.Context, _ api.Interaction) {
		cancel()
		if inner.Err() != nil {
			t.Error("it was stopped")
		}
	}))
	serve(e, s.request(payload(id(1)), s.now).WithContext(ctx))
}

func TestParsePublicKey(t *testing.T) {
	t.Parallel()
	s := newSender()
	text := hex.EncodeToString(s.public())
	if key, err := ParsePublicKey(" " + text + "\n"); err != nil || !key.Equal(s.public()) {
		t.Errorf("got %x, %v", key, err)
	}
	for _, text := range []string{"", "abcd", text + "00", strings.Repeat("z", 64)} {
		if _, err := ParsePublicKey(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func FuzzEndpoint(f *testing.F) {
	s := newSender()
	f.Add([]byte(payload(id(1))), true, "")
	f.Add([]byte(`{"type":1}`), true, "")
	f.Add([]byte(`{}`), false, "00")
	f.Fuzz(func(t *testing.T, body []byte, signed bool, signature string) {
		h := newSeen()
		r := s.request(string(body), s.now)
		if !signed {
			r.Header.Set("X-Signature-Ed25519", signature)
		}
		w := serve(s.endpoint(h), r)
		if w.Code == http.StatusAccepted && len(h.ids) != 1 {
			t.Error("accepted, but not handled")
		}
		if !signed && w.Code < 400 {
			t.Errorf("answered %d without a signature", w.Code)
		}
	})
}
