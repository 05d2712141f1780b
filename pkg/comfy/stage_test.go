package comfy

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// stage is a server on pipes, so that a Conn can be watched in the virtual time
// of a synctest bubble. It says what the test tells it to say.
type stage struct {
	t      *testing.T
	client *Client
	files  http.HandlerFunc // answers GET /view

	mu       sync.Mutex
	log      []string // what happened to sockets, with the virtual time
	peers    []*peer
	queue    string // answer to GET /queue; empty: 503
	features int    // status of GET /features
	mute     bool   // new sockets get their first status and no flags, as deaf ones do
	languid  bool   // sockets answer a close after most of its bound
	stuck    bool   // sockets never answer a close
	refuse   bool   // dials fail
	dead     bool   // pings are not answered
	looks    int    // GET /queue
}

const emptyQueue = `{"queue_running":[],"queue_pending":[]}`

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, queue: emptyQueue, features: http.StatusOK}
	listener := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	server := &http.Server{Handler: s}
	serving := make(chan struct{})
	go func() { defer close(serving); _ = server.Serve(listener) }()
	client, err := New(Config{URL: "http://comfyui:8188"})
	if err != nil {
		t.Fatal(err)
	}
	s.client = client
	client.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if s.is(&s.refuse) {
			return nil, &net.OpError{Op: "dial", Err: fmt.Errorf("refused")}
		}
		return listener.dial(ctx)
	}
	client.http.Transport = client.transport()
	t.Cleanup(func() {
		client.CloseIdle()
		server.Close()
		for _, p := range s.all() {
			p.ws.Close()
			<-p.done
		}
		<-serving
	})
	return s
}

func (s *stage) is(what *bool) bool { s.mu.Lock(); defer s.mu.Unlock(); return *what }

func (s *stage) set(change func()) { s.mu.Lock(); defer s.mu.Unlock(); change() }

func (s *stage) all() []*peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*peer(nil), s.peers...)
}

func (s *stage) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, fmt.Sprintf(format, args...))
}

// sockets waits for the nth socket, counted from 1, and gives it.
func (s *stage) socket(n int) *peer {
	s.t.Helper()
	for range 600 { // virtual seconds / 10
		if all := s.all(); len(all) >= n {
			return all[n-1]
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Fatalf("no socket %d within a minute; log: %q", n, s.log)
	return nil
}

func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	queue, features := s.queue, s.features
	if r.URL.Path == "/queue" {
		s.looks++
	}
	s.mu.Unlock()
	switch {
	case r.URL.Path == "/ws":
		s.upgrade(w, r)
	case r.URL.Path == "/view":
		s.files(w, r)
	case r.URL.Path == "/features" && features == http.StatusOK:
		fmt.Fprint(w, `{}`)
	case r.URL.Path == "/features":
		http.Error(w, "", features)
	case r.URL.Path == "/queue" && queue != "":
		fmt.Fprint(w, queue)
	default:
		http.Error(w, "", http.StatusServiceUnavailable)
	}
}

func (s *stage) upgrade(w http.ResponseWriter, r *http.Request) {
	ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		s.t.Errorf("upgrade: %v", err)
		return
	}
	s.mu.Lock()
	p := &peer{stage: s, ws: ws, number: len(s.peers) + 1, opened: time.Now(), done: make(chan struct{})}
	p.clientID, p.out = r.URL.Query().Get("clientId"), make(chan message, 2*mostHeld)
	s.peers = append(s.peers, p)
	mute, stuck := s.mute, s.stuck
	s.mu.Unlock()
	s.note("open %d", p.number)
	pong := ws.PingHandler()
	ws.SetPingHandler(func(data string) error {
		if s.is(&s.dead) {
			return nil
		}
		return pong(data)
	})
	if s.is(&s.languid) {
		answer := ws.CloseHandler()
		ws.SetCloseHandler(func(code int, text string) error {
			time.Sleep(800 * time.Millisecond)
			return answer(code, text)
		})
	}
	if stuck {
		ws.SetCloseHandler(func(int, string) error { return nil })
	}
	p.send("status", fmt.Sprintf(`{"status":{"exec_info":{"queue_remaining":0}},"sid":%q}`, p.clientID))
	defer close(p.done)
	var writing sync.WaitGroup
	writing.Go(p.write)
	p.read(mute)
	close(p.out)
	writing.Wait()
}

// peer is the server's end of a socket.
type peer struct {
	stage    *stage
	ws       *websocket.Conn
	number   int
	clientID string
	opened   time.Time
	done     chan struct{}
	out      chan message // pipes have no buffer, and the client says hello before it reads
}

type message struct {
	kind int
	data []byte
}

// write sends what was put into out, until the socket ends.
func (p *peer) write() {
	for m := range p.out {
		if p.ws.WriteMessage(m.kind, m.data) != nil {
			return
		}
	}
}

func (p *peer) read(mute bool) {
	for {
		_, frame, err := p.ws.ReadMessage()
		if err != nil {
			p.stage.note("close %d", p.number)
			if p.stage.is(&p.stage.stuck) {
				return // holds the connection open: half-open
			}
			p.ws.Close()
			return
		}
		var f struct{ Type string }
		if json.Unmarshal(frame, &f) == nil && f.Type == "feature_flags" && !mute {
			p.send("feature_flags", `{"supports_preview_metadata":true}`)
		}
	}
}

func (p *peer) send(kind, data string) {
	p.raw(websocket.TextMessage, fmt.Appendf(nil, `{"type":%q,"data":%s}`, kind, data))
}

func (p *peer) raw(kind int, frame []byte) {
	p.out <- message{kind, frame}
}

func (p *peer) status(remaining int) {
	p.send("status", fmt.Sprintf(`{"status":{"exec_info":{"queue_remaining":%d}}}`, remaining))
}

func (p *peer) start(prompt string) {
	p.send("execution_start", fmt.Sprintf(`{"prompt_id":%q,"timestamp":1795397812646}`, prompt))
}

// pipes is a listener whose dial hands the other end of a pipe to Accept.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (l *pipes) dial(ctx context.Context) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.done:
		return nil, net.ErrClosed
	}
}
