package comfy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// against starts a server and gives a client of it.
func against(t *testing.T, handler http.HandlerFunc, change ...func(*Config)) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	config := Config{URL: server.URL}
	for _, c := range change {
		c(&config)
	}
	client, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.CloseIdle(); server.Close() })
	return client
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// every call of a client, for what holds for all.
func everyCall(t *testing.T, c *Client) map[string]error {
	t.Helper()
	ctx := t.Context()
	errs := map[string]error{}
	_, errs["SystemStats"] = c.SystemStats(ctx)
	_, errs["Submit"] = c.Submit(ctx, Prompt{Graph: []byte(`{}`)})
	_, errs["Queue"] = c.Queue(ctx)
	_, errs["History"] = c.History(ctx, "p")
	_, errs["RecentHistory"] = c.RecentHistory(ctx, 3)
	errs["DeleteQueued"] = c.DeleteQueued(ctx, "p")
	errs["ForgetHistory"] = c.ForgetHistory(ctx, "p")
	errs["Interrupt"] = c.Interrupt(ctx, "p")
	_, errs["CancelJob"] = c.CancelJob(ctx, "p")
	_, errs["Upload"] = c.Upload(ctx, "a.png", "", strings.NewReader("x"), false)
	errs["Free"] = c.Free(ctx)
	_, errs["Models"] = c.Models(ctx, "loras")
	for name, open := range map[string]func() (io.ReadCloser, error){
		"ObjectInfo":      func() (io.ReadCloser, error) { return c.ObjectInfo(ctx) },
		"ObjectInfoClass": func() (io.ReadCloser, error) { return c.ObjectInfoClass(ctx, "KSampler") },
		"View":            func() (io.ReadCloser, error) { r, _, err := c.View(ctx, File{Name: "a.png"}); return r, err },
	} {
		body, err := open()
		if err == nil {
			_, err = io.Copy(io.Discard, body)
			body.Close()
		}
		errs[name] = err
	}
	return errs
}

func TestEveryCallNamesAFailure(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 401, 403, 404, 500, 502} {
		c := against(t, says(status, "<h1>\nNo \xff</h1>"))
		for call, err := range everyCall(t, c) {
			got, ok := errors.AsType[*StatusError](err)
			if call == "CancelJob" && status == 404 {
				continue // a JSON 404 is an unknown prompt
			}
			if !ok || got.Status != status || got.Body != "<h1> No </h1>" || got.Operation == "" {
				t.Errorf("%s, status %d: %v", call, status, err)
				continue
			}
			if got.Refused() != (status/100 == 4) || errors.Is(err, ErrNotFound) != (status == 404) {
				t.Errorf("%s, status %d: refused %v, %v", call, status, got.Refused(), err)
			}
		}
	}
}

func TestEveryCallBoundsItsAnswer(t *testing.T) {
	t.Parallel()
	c := against(t, says(200, `{"x":"`+strings.Repeat("x", 2000)+`"}`), func(c *Config) { c.MaxBody = 1000 })
	for call, err := range everyCall(t, c) {
		switch call {
		case "View": // files are streamed, whatever their size
			if err != nil {
				t.Errorf("%s: %v", call, err)
			}
		default:
			if !errors.Is(err, ErrTooLarge) || errors.Is(err, ErrUnavailable) {
				t.Errorf("%s: %v", call, err)
			}
		}
	}
}

// Nulls, wrong types and half answers are errors where they matter, and never a crash.
func TestEveryCallBearsNonsense(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `null`, `[]`, `7`, `"x"`, `[null]`, `{"prompt_id":null}`, `{"system":null,"devices":null}`, `{"p":{}}`, `<html>`} {
		c := against(t, says(200, body))
		for call, err := range everyCall(t, c) {
			if err != nil && !errors.Is(err, ErrMalformed) {
				t.Errorf("%s, %q: %v", call, body, err)
			}
			if err == nil && (call == "Submit" || call == "Queue" || call == "CancelJob" || call == "Upload") {
				t.Errorf("%s took %q for an answer", call, body)
			}
		}
	}
}

func TestRequestsCarryCredentialsAndNoOrigin(t *testing.T) {
	t.Parallel()
	seen := make(chan *http.Request, 100)
	c := against(t, func(w http.ResponseWriter, r *http.Request) {
		seen <- r
		http.Error(w, "", http.StatusTeapot)
	}, func(c *Config) { c.URL += "/base"; c.Token = "abc" })
	calls := len(everyCall(t, c))
	_, _ = c.openSocket(t.Context(), "me") // refused, which is not the point
	for range calls + 1 {
		r := <-seen
		if r.Header.Get("Authorization") != "Bearer abc" || r.Header.Get("Origin") != "" || !strings.HasPrefix(r.URL.Path, "/base/") {
			t.Errorf("%s with %v", r.URL, r.Header)
		}
	}
}

func TestEncryptedAndIPv6(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(says(200, emptyQueue))
	if l, err := net.Listen("tcp", "[::1]:0"); err == nil {
		server.Listener.Close()
		server.Listener = l
	}
	server.StartTLS()
	c, err := New(Config{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseIdle(); server.Close() })
	if _, err := c.Submit(t.Context(), Prompt{Graph: []byte(`{}`)}); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate of nobody: %v", err)
	}
	c.tls = server.Client().Transport.(*http.Transport).TLSClientConfig
	c.http.Transport = c.transport()
	if _, err := c.Queue(t.Context()); err != nil {
		t.Error(err)
	}
	_, err = c.openSocket(t.Context(), "me")
	if status, ok := asStatus(err); !ok || status != 200 { // it speaks TLS, and no WebSocket
		t.Error(err)
	}
}

func TestErrorsDoNotTellTheAddress(t *testing.T) {
	t.Parallel()
	c, err := New(Config{URL: "http://user:secret@127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	_, socketErr := c.openSocket(t.Context(), "me")
	for call, err := range everyCall(t, c) {
		if !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "user") {
			t.Errorf("%s: %v", call, err)
		}
	}
	if !errors.Is(socketErr, ErrUnavailable) || strings.Contains(socketErr.Error(), "secret") {
		t.Error(socketErr)
	}
}

func TestSubmitKnowsWhatWasNotSent(t *testing.T) {
	t.Parallel()
	closed := against(t, says(200, ""))
	closed.dial = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
	}
	closed.http.Transport = closed.transport()
	broken := against(t, func(w http.ResponseWriter, _ *http.Request) {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			conn.Close()
		}
	})
	ending, end := context.WithCancel(t.Context())
	defer end()
	slow := against(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // so that the end of the connection is seen
		end()
		<-r.Context().Done()
	})
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := map[string]struct {
		client  *Client
		ctx     context.Context
		notSent bool
	}{
		"no connection":           {closed, t.Context(), true},
		"a broken connection":     {broken, t.Context(), false},
		"given up before":         {slow, cancelled, true},
		"given up while it waits": {slow, ending, false},
		"a half answer":           {against(t, says(200, `{"prompt_id":`)), t.Context(), false},
		"a gateway's failure":     {against(t, says(502, ``)), t.Context(), false},
	}
	for name, test := range tests {
		_, err := test.client.Submit(test.ctx, Prompt{Graph: []byte(`{}`), ID: "p"})
		if err == nil || errors.Is(err, ErrNotSent) != test.notSent {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSubmitRejections(t *testing.T) {
	t.Parallel()
	plain := func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "500 Internal Server Error", http.StatusInternalServerError)
	}
	tests := map[string]struct {
		handler http.HandlerFunc
		graph   string
		kind    string
	}{
		"in JSON":             {says(400, `{"error":{"type":"prompt_no_outputs","message":"Prompt has no outputs"},"node_errors":[]}`), `{}`, "prompt_no_outputs"},
		"in a word":           {says(400, `{"error":"no prompt","node_errors":null}`), `{}`, ""},
		"in nonsense":         {says(400, `{`), `{}`, "unknown"},
		"unreadable":          {plain, `{}`, "unreadable"},
		"a graph not in JSON": {says(200, ``), `{`, "invalid_json"},
	}
	for name, test := range tests {
		_, err := against(t, test.handler).Submit(t.Context(), Prompt{Graph: []byte(test.graph)})
		rejected, ok := errors.AsType[*RejectedError](err)
		if !ok || rejected.Type != test.kind || rejected.Message == "" {
			t.Errorf("%s: %#v", name, err)
		}
	}
}

func TestRejectionsNameTheirPlace(t *testing.T) {
	t.Parallel()
	err := decodeRejected([]byte(`{"error":{"type":"t","message":"Prompt outputs failed validation"},"node_errors":{
		"10":{"class_type":"KSampler","errors":[{"type":"a","message":"Too big","details":"steps","extra_info":{"input_name":"steps"}}]},
		"9":{"class_type":"SaveImage","errors":[{"type":"b","message":"Missing","details":"images","extra_info":null}],"dependent_outputs":["9"]},
		"8":7}}`))
	want := "rejected by comfyui: Prompt outputs failed validation; node 9 (SaveImage): Missing: images; node 10 (KSampler): Too big: steps"
	if err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	rejected, _ := errors.AsType[*RejectedError](err)
	wantNode := NodeError{Class: "SaveImage", Outputs: []string{"9"}, Errors: []InputError{{Type: "b", Message: "Missing", Details: "images"}}}
	if diff := cmp.Diff(wantNode, rejected.Nodes["9"]); diff != "" {
		t.Errorf("node 9 (-want +got):\n%s", diff)
	}
}

func TestUploadStreamsAForm(t *testing.T) {
	t.Parallel()
	const name, subfolder = "a \"b\"\r\n.png", "in/put"
	data := strings.Repeat("picture", 100_000)
	c := against(t, func(w http.ResponseWriter, r *http.Request) {
		form, err := r.MultipartReader()
		if err != nil {
			t.Error(err)
			return
		}
		fields := map[string]string{}
		for part, err := form.NextPart(); err == nil; part, err = form.NextPart() {
			content, _ := io.ReadAll(part)
			fields[part.FormName()] = string(content)
		}
		want := map[string]string{"image": data, "type": "input", "subfolder": subfolder, "overwrite": "true"}
		if diff := cmp.Diff(want, fields); diff != "" {
			t.Errorf("form (-want +got):\n%.500s", diff)
		}
		fmt.Fprint(w, `{"name":"a (1).png","subfolder":"in/put","type":"input"}`)
	})
	got, err := c.Upload(t.Context(), name, subfolder, strings.NewReader(data), true)
	if want := (File{Name: "a (1).png", Subfolder: subfolder, Type: "input"}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestUploadEndsWithItsReader(t *testing.T) {
	t.Parallel()
	c := against(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	sick := errors.New("the disk is sick")
	if _, err := c.Upload(t.Context(), "a.png", "", iotest.ErrReader(sick), false); !errors.Is(err, sick) {
		t.Errorf("a reader that fails: %v", err)
	}
}

// An answer may come before the whole file was read, and the file is closed then.
func TestUploadGivesTheReaderBack(t *testing.T) {
	t.Parallel()
	c := against(t, says(400, ""))
	var files []*closable
	for range 50 {
		file := &closable{}
		if _, err := c.Upload(t.Context(), "a.png", "", file, false); err == nil {
			t.Error("a refused upload succeeded")
		}
		file.closed.Store(true)
		files = append(files, file)
	}
	for i, file := range files {
		if file.abused.Load() {
			t.Errorf("file %d was read after it was closed", i+1)
		}
	}
}

// closable is an endless file that notices when it is read after its end.
type closable struct{ closed, abused atomic.Bool }

func (c *closable) Read(p []byte) (int, error) {
	if c.closed.Load() {
		c.abused.Store(true)
	}
	return len(p), nil
}

func TestViewGivesTheSize(t *testing.T) {
	t.Parallel()
	c := against(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("subfolder") == "unknown" {
			w.(http.Flusher).Flush()
		}
		fmt.Fprintf(w, "%s|%s|%s", r.FormValue("filename"), r.FormValue("subfolder"), r.FormValue("type"))
	})
	for subfolder, want := range map[string]int64{"a/b": 20, "unknown": -1} {
		body, size, err := c.View(t.Context(), File{Name: "../x&y", Subfolder: subfolder, Type: "output"})
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(body)
		body.Close()
		if size != want && (want < 0 || size != int64(len(data))) || string(data) != "../x&y|"+subfolder+"|output" || err != nil {
			t.Errorf("%d bytes: %s, %v", size, data, err)
		}
	}
}

func TestCancelJobTellsOldServersFromUnknownPrompts(t *testing.T) {
	t.Parallel()
	missing := func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "404: Not Found", http.StatusNotFound) }
	tests := map[string]struct {
		handler     http.HandlerFunc
		done        bool
		unsupported bool
	}{
		"cancelled":     {says(200, `{"cancelled":true}`), true, false},
		"ended":         {says(200, `{"cancelled":false}`), false, false},
		"unknown":       {says(404, `{"error":"Job not found"}`), false, false},
		"no such route": {missing, false, true},
		"another verb":  {says(405, ``), false, true},
	}
	for name, test := range tests {
		done, err := against(t, test.handler).CancelJob(t.Context(), "p")
		if done != test.done || errors.Is(err, ErrUnsupported) != test.unsupported || !test.unsupported && err != nil {
			t.Errorf("%s: %v, %v", name, done, err)
		}
	}
}

func TestIDsThatWouldChangeThePath(t *testing.T) {
	t.Parallel()
	c := against(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked for %s", r.URL) })
	for _, id := range []PromptID{"", ".", ".."} {
		_, err := c.History(t.Context(), id)
		_, cancelErr := c.CancelJob(t.Context(), id)
		if !errors.Is(err, ErrMalformed) || !errors.Is(cancelErr, ErrMalformed) {
			t.Errorf("%q: %v, %v", id, err, cancelErr)
		}
	}
	if c.Interrupt(t.Context(), "") == nil {
		t.Error("an interrupt of whatever runs")
	}
	if err := c.DeleteQueued(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestObjectInfoIsJSON(t *testing.T) {
	t.Parallel()
	c := against(t, says(200, `{"Node":{"max":Infinity}}`))
	body, err := c.ObjectInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if data, err := io.ReadAll(body); err != nil || !bytes.Equal(data, []byte(`{"Node":{"max":null}}`)) {
		t.Errorf("%s, %v", data, err)
	}
}
