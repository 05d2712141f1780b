package comfysim_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of a test.
const patience = 20 * time.Second

// client is a bare client of a server: JSON over HTTP, no types of the real one.
type client struct {
	t    testing.TB
	base string
}

// do makes a request and decodes a JSON answer; nil where it is not JSON.
func (c client) do(method, path string, body any) (int, map[string]any) {
	c.t.Helper()
	status, data := c.raw(method, path, "application/json", encodeBody(c.t, body))
	var v map[string]any
	_ = json.Unmarshal(data, &v)
	return status, v
}

func (c client) raw(method, path, contentType string, body []byte) (int, []byte) {
	c.t.Helper()
	status, _, data := c.exchange(method, path, contentType, body)
	return status, data
}

func (c client) exchange(method, path, contentType string, body []byte) (int, http.Header, []byte) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	web := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	a, err := web.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer a.Body.Close()
	data, err := io.ReadAll(a.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return a.StatusCode, a.Header, data
}

func encodeBody(t testing.TB, body any) []byte {
	t.Helper()
	if body == nil {
		return nil
	}
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// submit posts a graph and returns its prompt id.
func (c client) submit(clientID string, graph any) string {
	c.t.Helper()
	id := uuid.NewString()
	status, answer := c.do("POST", "/prompt", map[string]any{"prompt": graph, "client_id": clientID, "prompt_id": id})
	if status != http.StatusOK {
		c.t.Fatalf("POST /prompt: %d %v", status, answer)
	}
	return id
}

// socket is a WebSocket of a test.
type socket struct {
	t    testing.TB
	conn *websocket.Conn
}

func (c client) open(clientID string) *socket {
	c.t.Helper()
	conn, answer, err := websocket.DefaultDialer.DialContext(c.t.Context(), strings.Replace(c.base, "http", "ws", 1)+"/ws?clientId="+clientID, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	answer.Body.Close()
	c.t.Cleanup(func() { conn.Close() })
	return &socket{c.t, conn}
}

// next reads one frame: the event and its data, or "binary".
func (s *socket) next() (string, map[string]any) {
	s.t.Helper()
	_ = s.conn.SetReadDeadline(time.Now().Add(patience))
	kind, data, err := s.conn.ReadMessage()
	if err != nil {
		s.t.Fatal(err)
	}
	if kind == websocket.BinaryMessage {
		return "binary", map[string]any{"bytes": data}
	}
	var m struct {
		Type string
		Data map[string]any
	}
	if err := json.Unmarshal(data, &m); err != nil {
		s.t.Fatal(err)
	}
	return m.Type, m.Data
}

// until reads up to the first frame that is wanted and returns the events on the way.
func (s *socket) until(wanted func(event string, data map[string]any) bool) []string {
	s.t.Helper()
	var seen []string
	for {
		event, data := s.next()
		seen = append(seen, event)
		if wanted(event, data) {
			return seen
		}
	}
}

func ended(id string) func(string, map[string]any) bool {
	return func(event string, data map[string]any) bool {
		return event == "executing" && data["node"] == nil && data["prompt_id"] == id
	}
}

// graph is a workflow in API format, from testdata.
func graph(t testing.TB, name string) json.RawMessage {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func raw(text string) json.RawMessage { return json.RawMessage(text) }
