package comfy_test

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
)

// replayServer answers as a recording does: one exchange at a time, and sockets that the
// driver of the replay speaks through.
type replayServer struct {
	t   *testing.T
	url string

	mu       sync.Mutex
	expected *row
	asked    bool
	doors    map[string]chan chan *replaySocket // by the first part of the path
	done     chan struct{}
}

// replaySocket is the server's end of a socket.
type replaySocket struct {
	ws    *websocket.Conn
	hello chan []byte // the first frame of the client
	ended chan struct{}
}

func newReplayServer(t *testing.T) *replayServer {
	t.Helper()
	s := &replayServer{t: t, doors: map[string]chan chan *replaySocket{}, done: make(chan struct{})}
	server := httptest.NewServer(s)
	s.url = server.URL
	t.Cleanup(func() { close(s.done); server.CloseClientConnections(); server.Close() })
	return s
}

func (s *replayServer) door(name string) chan chan *replaySocket {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.doors[name] == nil {
		s.doors[name] = make(chan chan *replaySocket)
	}
	return s.doors[name]
}

func (s *replayServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if origin := r.Header.Get("Origin"); origin != "" {
		s.t.Errorf("%s: Origin %q", r.URL, origin)
	}
	door, route, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case route == "ws":
		s.socket(w, r, door)
	case route == "features":
		http.NotFound(w, r) // asked only where the recorder had not said hello
	default:
		s.answer(w, r)
	}
}

// socket waits until the recording opens the next socket of the client.
func (s *replayServer) socket(w http.ResponseWriter, r *http.Request, door string) {
	var visitor chan *replaySocket
	select {
	case visitor = <-s.door(door):
	case <-s.done:
		return
	case <-r.Context().Done():
		return
	}
	ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		s.t.Errorf("upgrade: %v", err)
		return
	}
	socket := &replaySocket{ws: ws, hello: make(chan []byte, 1), ended: make(chan struct{})}
	defer ws.Close()
	defer close(socket.ended)
	visitor <- socket
	for first := true; ; first = false {
		_, frame, err := ws.ReadMessage()
		if err != nil {
			return
		}
		if first {
			socket.hello <- frame
		} else {
			s.t.Errorf("the client sent a second frame: %s", frame)
		}
	}
}

func (s *replayServer) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	expected := s.expected
	s.asked = true
	s.mu.Unlock()
	if expected == nil {
		s.t.Errorf("%s %s: nothing of the kind was recorded here", r.Method, r.URL)
		http.Error(w, "", http.StatusTeapot)
		return
	}
	s.compare(r, expected.HTTP)
	if expected.Answer.Kind != "" {
		w.Header().Set("Content-Type", expected.Answer.Kind)
	}
	body := expected.Answer.bytes()
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(expected.Answer.Status)
	_, _ = w.Write(body)
}

// compare holds a request against the recorder's.
func (s *replayServer) compare(got *http.Request, want *request) {
	target, err := url.Parse(want.Path)
	if err != nil {
		s.t.Fatal(err)
	}
	query := got.URL.Query()
	for name, values := range query {
		if len(values) == 1 && values[0] == "" {
			delete(query, name) // the recorder leaves out what is empty
		}
	}
	if got.Method != want.Method || got.URL.Path != target.Path || query.Encode() != target.Query().Encode() {
		s.t.Errorf("%s %s, recorded was %s %s", got.Method, got.URL, want.Method, want.Path)
	}
	body, err := io.ReadAll(got.Body)
	if err != nil {
		s.t.Error(err)
	}
	if want.Multipart != nil {
		kind, _, _ := mime.ParseMediaType(got.Header.Get("Content-Type"))
		if kind != "multipart/form-data" || !strings.Contains(string(body), `name="image"`) {
			s.t.Errorf("upload of type %q: %.200s", kind, body)
		}
		return
	}
	if wantBody := string(want.Body); wantBody != "" && wantBody != "null" && !sameJSON(body, want.Body) {
		s.t.Errorf("%s: body\n%s\nrecorded was\n%s", want.Path, body, want.Body)
	}
}

func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
