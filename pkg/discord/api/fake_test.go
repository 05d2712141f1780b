package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"discomfy/pkg/discord/api"
)

// fake answers calls by a script, and keeps them.
type fake struct {
	*httptest.Server
	t      *testing.T
	answer func(n int, r *request) reply

	mu       sync.Mutex
	requests []*request
}

type request struct {
	Method, Path, Query, Auth, Type string
	Raw                             []byte
	Body                            []byte // the JSON, of a form too
	Files                           []part
	At                              time.Time
}

type part struct{ Field, Name, Type, Body string }

type reply struct {
	status int
	body   string
	header map[string]string
}

// ok is an answer that suits most calls.
func ok(int, *request) reply {
	return reply{body: `{"id":"900","channel_id":"70","flags":0,"attachments":[]}`}
}

// always answers each call alike.
func always(r reply) func(int, *request) reply { return func(int, *request) reply { return r } }

func newFake(t *testing.T, answer func(n int, r *request) reply) *fake {
	t.Helper()
	f := &fake{t: t, answer: answer}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req := &request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		Auth: r.Header.Get("Authorization"), Type: r.Header.Get("Content-Type"), At: time.Now(),
	}
	req.read(f.t, r)
	f.mu.Lock()
	n := len(f.requests)
	f.requests = append(f.requests, req)
	f.mu.Unlock()
	a := f.answer(n, req)
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

func (r *request) read(t *testing.T, from *http.Request) {
	r.Raw, _ = io.ReadAll(from.Body)
	kind, params, _ := mime.ParseMediaType(r.Type)
	if kind != "multipart/form-data" {
		r.Body = r.Raw
		return
	}
	form := multipart.NewReader(bytes.NewReader(r.Raw), params["boundary"])
	for {
		p, err := form.NextRawPart()
		if err != nil {
			return
		}
		body, err := io.ReadAll(p)
		if err != nil {
			t.Errorf("read the form: %v", err)
		}
		if p.FormName() == "payload_json" {
			r.Body = body
			continue
		}
		r.Files = append(r.Files, part{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), string(body)})
	}
}

// all are the calls so far.
func (f *fake) all() []*request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]*request(nil), f.requests...)
}

func (f *fake) count() int { return len(f.all()) }

// client speaks to the fake.
func (f *fake) client(t *testing.T, changes ...func(*api.Config)) *api.Client {
	t.Helper()
	base, err := url.Parse(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := api.Config{Token: "bot.token", Base: base}
	for _, change := range changes {
		change(&c)
	}
	client, err := api.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// at moves the client's clock.
func at(now *clock) func(*api.Config) { return func(c *api.Config) { c.Now = now.Now } }

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Now()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// token is one of an interaction of that age.
func token(now time.Time, age time.Duration) api.Token {
	return api.Token{App: "10", Token: "secret_token", Dies: now.Add(api.TokenLife - age)}
}

// interaction is one that was made just now.
func interaction(t *testing.T) api.Interaction {
	t.Helper()
	i, err := api.ParseInteraction([]byte(`{"id":"`+snowflake(time.Now())+`","application_id":"10","type":2,"token":"secret_token",
		"channel_id":"70","user":{"id":"5"},"data":{"id":"1","name":"generate","type":1}}`), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// snowflake is an id that was made then.
func snowflake(at time.Time) string {
	n := (at.UnixMilli() - 1420070400000) << 22
	b, _ := json.Marshal(n)
	return string(b)
}

// same compares JSON by what it means.
func sameJSON(t *testing.T, got []byte, want string) {
	t.Helper()
	if g, w := canonical(t, string(got)), canonical(t, want); g != w {
		t.Errorf("body\n got %s\nwant %s", g, w)
	}
}

func canonical(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetIndent("", " ")
	_ = e.Encode(v)
	return b.String()
}
