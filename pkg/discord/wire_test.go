package discord_test

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"discomfy/pkg/broker"
)

// wire is a replica's way to NATS: it can stand still, and break. While it
// stands still what is written waits, as in the buffers of a real network.
type wire struct {
	to     broker.InProcess
	mu     sync.Mutex
	moving chan struct{} // closed while bytes move
	cut    bool
	conns  []*wired
	until  string // freezes as soon as something with this text was written
}

func newWire(to broker.InProcess) *wire {
	w := &wire{to: to, moving: make(chan struct{})}
	close(w.moving)
	return w
}

// InProcessConn opens a connection that goes by the wire.
func (w *wire) InProcessConn() (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		return nil, errors.New("the wire is cut")
	}
	c, err := w.to.InProcessConn()
	if err != nil {
		return nil, err
	}
	conn := &wired{Conn: c, wire: w}
	w.conns = append(w.conns, conn)
	return conn, nil
}

// freeze lets nothing through until thaw.
func (w *wire) freeze() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moving = make(chan struct{})
}

// thaw lets through what waited, and everything after it.
func (w *wire) thaw() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.moving:
		return
	default:
	}
	for _, c := range w.conns {
		_, _ = c.Conn.Write(c.waiting) // a broken one is noticed by its owner
		c.waiting = nil
	}
	close(w.moving)
}

// holdAnswersTo freezes the way back as soon as something was published to a
// subject that begins so: it arrives, and nobody learns that it did.
func (w *wire) holdAnswersTo(subject string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until = subject
}

// kill breaks the wire for good.
func (w *wire) kill() {
	w.mu.Lock()
	w.cut = true
	conns := w.conns
	w.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
	}
	w.thaw()
}

type wired struct {
	net.Conn
	wire    *wire
	waiting []byte
}

func (c *wired) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.wire.mu.Lock()
	moving := c.wire.moving
	c.wire.mu.Unlock()
	<-moving
	return n, err
}

func (c *wired) Write(p []byte) (int, error) {
	c.wire.mu.Lock()
	defer c.wire.mu.Unlock()
	select {
	case <-c.wire.moving:
		if u := c.wire.until; u != "" && bytes.Contains(p, []byte("PUB "+u)) {
			c.wire.moving, c.wire.until = make(chan struct{}), ""
		}
		return c.Conn.Write(p)
	default:
	}
	c.waiting = append(c.waiting, p...)
	return len(p), nil
}

// door is a replica's way to Discord: it can be shut.
type door struct {
	*httptest.Server
	mu   sync.Mutex
	dead bool
	last string // shuts as soon as something is asked whose "METHOD /path" contains it
	shot func() // called then
}

// openDoor serves the fake Discord under an address of its own.
func (s *stack) openDoor() *door {
	d := &door{}
	to := s.discord.Handler()
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.closed(r) {
			panic(http.ErrAbortHandler)
		}
		to.ServeHTTP(w, r)
	}))
	s.Cleanup(d.Close)
	return d
}

func (d *door) closed(r *http.Request) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last != "" && !d.dead && strings.Contains(r.Method+" "+r.URL.Path, d.last) {
		d.dead = true
		d.shot()
	}
	return d.dead
}

// killAt makes a replica die in the moment in which it asks Discord for something.
func (r *replica) killAt(request string) (killed <-chan struct{}) {
	done := make(chan struct{})
	r.door.mu.Lock()
	defer r.door.mu.Unlock()
	r.door.last, r.door.shot = request, func() {
		r.wire.kill()
		close(done)
	}
	return done
}

// open lets the next replica in.
func (d *door) open() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dead, d.last = false, ""
}

func (d *door) shut() {
	d.mu.Lock()
	d.dead = true
	d.mu.Unlock()
	d.CloseClientConnections()
}
