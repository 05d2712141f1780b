package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"discomfy/pkg/discord/api"
)

// patience bounds what a test waits for; the machine may be slow.
const patience = 30 * time.Second

// fake is a gateway that follows a script: the n-th connection is served by the n-th
// function, and all that come after by the last.
type fake struct {
	*httptest.Server
	t      *testing.T
	script []func(*peer)

	mu     sync.Mutex
	conns  int
	budget string
	status int // of what is asked by HTTP; 0 is 200
	closed bool
	live   map[*websocket.Conn]bool
}

func newFake(t *testing.T, script ...func(*peer)) *fake {
	t.Helper()
	f := &fake{t: t, script: script, live: map[*websocket.Conn]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v9/gateway/bot", f.gateway)
	mux.HandleFunc("GET /api/v9/applications/@me", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"id":"10","name":"Discomfy"}`))
	})
	mux.HandleFunc("GET /gateway", f.connect)
	mux.HandleFunc("GET /gateway/{$}", f.connect)
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.stop)
	return f
}

func (f *fake) gateway(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	budget, status := f.budget, f.status
	f.mu.Unlock()
	if budget == "" {
		budget = `{"total":1000,"remaining":1000,"reset_after":0,"max_concurrency":1}`
	}
	if status != 0 {
		w.WriteHeader(status)
	}
	fmt.Fprintf(w, `{"url":%q,"shards":1,"session_start_limit":%s}`, f.socketURL(), budget)
}

func (f *fake) socketURL() string {
	return strings.Replace(f.URL, "http://", "ws://", 1) + "/gateway"
}

func (f *fake) connect(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	n, closed := f.conns, f.closed
	f.conns++
	f.mu.Unlock()
	if closed {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	f.mu.Lock()
	f.live[conn] = true
	f.mu.Unlock()
	defer conn.Close()
	f.script[min(n, len(f.script)-1)](newPeer(f.t, f, conn))
}

// shut refuses new connections, and drops those that are there, until it is opened again.
func (f *fake) shut(closed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = closed
	if closed {
		for conn := range f.live {
			_ = conn.UnderlyingConn().Close()
		}
	}
}

func (f *fake) stop() {
	f.shut(true)
	f.Close()
}

func (f *fake) connections() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.conns
}

func (f *fake) client() *api.Client {
	base, err := url.Parse(f.URL)
	if err != nil {
		f.t.Fatal(err)
	}
	c, err := api.New(api.Config{Token: "bot.token", Base: base})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(c.Close)
	return c
}

// peer is the fake's end of one connection.
type peer struct {
	t    *testing.T
	f    *fake
	conn *websocket.Conn
	in   chan frame // what came, but for heartbeats; closed with the connection

	mu   sync.Mutex
	acks bool
	seq  int
	code int // with which the other side closed
}

type frame struct {
	Op int             `json:"op"`
	D  json.RawMessage `json:"d"`
}

func newPeer(t *testing.T, f *fake, conn *websocket.Conn) *peer {
	p := &peer{t: t, f: f, conn: conn, in: make(chan frame, 16), acks: true, seq: 1}
	go p.read()
	return p
}

func (p *peer) read() {
	defer close(p.in)
	for {
		var got frame
		if err := p.conn.ReadJSON(&got); err != nil {
			if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
				p.mu.Lock()
				p.code = closed.Code
				p.mu.Unlock()
			}
			return
		}
		p.mu.Lock()
		acks := p.acks
		p.mu.Unlock()
		switch {
		case got.Op != 1:
			p.in <- got
		case acks:
			p.send(`{"op":11}`)
		}
	}
}

func (p *peer) send(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.conn.WriteMessage(websocket.TextMessage, []byte(text))
}

// deaf stops the acknowledgements.
func (p *peer) deaf() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acks = false
}

func (p *peer) hello(interval time.Duration) {
	p.send(fmt.Sprintf(`{"op":10,"d":{"heartbeat_interval":%d}}`, interval.Milliseconds()))
}

// expect reads the next frame that is no heartbeat.
func (p *peer) expect(op int) frame {
	select {
	case got, ok := <-p.in:
		if !ok || got.Op != op {
			p.t.Errorf("got op %d %s (connected: %v), want op %d", got.Op, got.D, ok, op)
		}
		return got
	case <-time.After(patience):
		p.t.Errorf("op %d did not come", op)
		return frame{}
	}
}

// greet accepts a new session.
func (p *peer) greet(interval time.Duration) {
	p.hello(interval)
	p.expect(2)
	p.event("READY", fmt.Sprintf(`{"v":9,"session_id":"s1","resume_gateway_url":%q,"user":{"id":"10"},"guilds":[]}`, p.f.socketURL()))
}

// resume accepts one that goes on, replays interactions, and says which event was the last.
func (p *peer) resume(interval time.Duration, replay ...string) (last int) {
	p.hello(interval)
	var d struct {
		Session string `json:"session_id"`
		Seq     int    `json:"seq"`
	}
	if err := json.Unmarshal(p.expect(6).D, &d); err != nil || d.Session != "s1" {
		p.t.Errorf("resumed %+v, %v", d, err)
	}
	p.seq = d.Seq + 1
	for _, id := range replay {
		p.interaction(id)
	}
	p.event("RESUMED", `{}`)
	return d.Seq
}

func (p *peer) event(name, data string) {
	p.send(fmt.Sprintf(`{"op":0,"s":%d,"t":%q,"d":%s}`, p.seq, name, data))
	p.seq++
}

func (p *peer) interaction(id string) { p.event("INTERACTION_CREATE", payload(id)) }

func payload(id string) string {
	return `{"id":"` + id + `","application_id":"10","type":2,"token":"t","channel_id":"70","user":{"id":"5"},
		"attachment_size_limit":12345,"data":{"id":"1","name":"queue","type":1}}`
}

// ends waits until the other side has closed, and returns its code; 1006 for none.
func (p *peer) ends() int {
	for timeout := time.After(patience); ; {
		select {
		case _, ok := <-p.in:
			if !ok {
				p.mu.Lock()
				defer p.mu.Unlock()
				if p.code == 0 {
					return websocket.CloseAbnormalClosure
				}
				return p.code
			}
		case <-timeout:
			p.t.Error("the connection was not closed")
			return 0
		}
	}
}

// close closes with a code.
func (p *peer) close(code int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, "closed"), time.Now().Add(time.Second))
}

// seen is a handler that notes ids.
type seen struct{ ids chan string }

func newSeen() *seen { return &seen{make(chan string, 1000)} }

func (s *seen) Handle(_ context.Context, i api.Interaction) { s.ids <- i.ID }

func (s *seen) await(t *testing.T, ids ...string) {
	t.Helper()
	for _, want := range ids {
		select {
		case got := <-s.ids:
			if got != want {
				t.Fatalf("handled %s, want %s", got, want)
			}
		case <-time.After(patience):
			t.Fatalf("%s was not handled", want)
		}
	}
}

// quick are times that suit a fake.
func quick(f *fake) GatewayConfig {
	return GatewayConfig{
		Client: f.client(), OpenWithin: patience, StuckAfter: 1500 * time.Millisecond, ResumeWithin: patience,
		IdentifyGap: 50 * time.Millisecond, BackoffMin: 10 * time.Millisecond, BackoffMax: 100 * time.Millisecond,
		Tick: 10 * time.Millisecond,
	}
}

// start runs a gateway until the test ends, or stop is called; run is what Run returned.
func start(t *testing.T, c GatewayConfig, h Handler) (g *Gateway, stop func() error) {
	t.Helper()
	g = NewGateway(c, h)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(patience):
			return errors.New("Run did not return")
		}
	})
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return g, stop
}

// until polls for what cannot be waited for otherwise.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for timeout := time.After(patience); !done(); {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("in vain: %s", what)
		}
	}
}

func id(n int) string { return strconv.Itoa(1000 + n) }
