//go:build linux

package rig

import (
	"context"
	"net"
	"strings"
	"sync"
)

// Direction is a way through a Line.
type Direction int

// The ways between a bridge and NATS.
const (
	ToNATS Direction = iota
	FromNATS
)

// Line is a network between a bridge and NATS, of which each direction can be
// stopped for a while: what is sent then is on its way until it goes on.
type Line struct {
	listener net.Listener
	to       string
	open     [2]sync.RWMutex // held for writing while the direction is stopped
	parts    sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
}

// Line makes one; it ends with the test.
func (r *Rig) Line() *Line { return r.lineTo(strings.TrimPrefix(r.natsURL, "nats://")) }

// lineTo makes one to any address.
func (r *Rig) lineTo(to string) *Line {
	r.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	r.must(err)
	l := &Line{listener: listener, to: to, conns: map[net.Conn]bool{}}
	l.parts.Go(func() { l.accept(r.Context()) })
	r.Cleanup(l.close)
	return l
}

// URL is where a bridge finds NATS through it.
func (l *Line) URL() string { return "nats://" + l.Addr() }

// Addr is where it begins.
func (l *Line) Addr() string { return l.listener.Addr().String() }

// Stop stops directions until the returned function is called.
func (l *Line) Stop(directions ...Direction) (release func()) {
	for _, d := range directions {
		l.open[d].Lock()
	}
	return func() {
		for _, d := range directions {
			l.open[d].Unlock()
		}
	}
}

func (l *Line) accept(ctx context.Context) {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		far, err := new(net.Dialer).DialContext(ctx, "tcp", l.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		if !l.keep(near, far) {
			return
		}
		l.parts.Go(func() { l.pass(far, near, ToNATS) })
		l.parts.Go(func() { l.pass(near, far, FromNATS) })
	}
}

// keep notes connections; false when the line has ended.
func (l *Line) keep(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range conns {
		if l.conns == nil {
			_ = c.Close()
			continue
		}
		l.conns[c] = true
	}
	return l.conns != nil
}

func (l *Line) pass(to, from net.Conn, d Direction) {
	defer l.drop(to)
	defer l.drop(from)
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		l.open[d].RLock()
		_, werr := to.Write(buffer[:n])
		l.open[d].RUnlock()
		if err != nil || werr != nil {
			return
		}
	}
}

func (l *Line) drop(c net.Conn) {
	_ = c.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}

func (l *Line) close() {
	_ = l.listener.Close()
	l.mu.Lock()
	for c := range l.conns {
		_ = c.Close()
	}
	l.conns = nil
	l.mu.Unlock()
	l.parts.Wait()
}
