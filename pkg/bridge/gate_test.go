package bridge_test

import (
	"bytes"
	"net"
	"strings"
	"sync"
	"sync/atomic"
)

// gate is a network before ComfyUI that can be shut, and whose WebSockets can be
// cut off as by a host that lost its power: no end reaches the client.
type gate struct {
	*stack
	addr, to string
	served   sync.WaitGroup

	mu       sync.Mutex
	listener net.Listener
	sockets  []*passage
	plain    []*passage
}

// passage is one connection through the gate.
type passage struct {
	near, far net.Conn
	frozen    atomic.Bool
}

// gate leads the bridges that are started afterwards through a new gate.
func (s *stack) gate() *gate {
	s.Helper()
	g := &gate{stack: s, addr: "127.0.0.1:0", to: strings.TrimPrefix(s.url, "http://")}
	g.open()
	g.addr = g.listener.Addr().String()
	s.url = "http://" + g.addr
	s.Cleanup(func() {
		g.shut()
		for _, p := range g.sockets {
			p.close()
		}
		g.served.Wait()
	})
	return g
}

// open lets connections in.
func (g *gate) open() {
	g.Helper()
	l, err := net.Listen("tcp", g.addr)
	if err != nil {
		g.Fatal(err)
	}
	g.mu.Lock()
	g.listener = l
	g.mu.Unlock()
	g.served.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			g.served.Go(func() { g.serve(near) })
		}
	})
}

// shut refuses connections, and ends all but the WebSockets.
func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	_ = g.listener.Close()
	for _, p := range g.plain {
		p.close()
	}
	g.plain = nil
}

// powerLoss shuts the gate, and nothing more passes through the WebSockets, not
// even their end.
func (g *gate) powerLoss() {
	g.shut()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.sockets {
		p.frozen.Store(true)
	}
}

func (g *gate) serve(near net.Conn) {
	first := make([]byte, 32<<10)
	n, err := near.Read(first)
	if err != nil {
		_ = near.Close()
		return
	}
	far, err := net.Dial("tcp", g.to)
	if err != nil {
		_ = near.Close()
		return
	}
	p := &passage{near: near, far: far}
	g.mu.Lock()
	if bytes.HasPrefix(first, []byte("GET /ws")) {
		g.sockets = append(g.sockets, p)
	} else {
		g.plain = append(g.plain, p)
	}
	g.mu.Unlock()
	_, _ = far.Write(first[:n])
	g.served.Go(func() { p.pass(near, far) })
	p.pass(far, near)
}

func (p *passage) close() {
	_ = p.near.Close()
	_ = p.far.Close()
}

func (p *passage) pass(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if !p.frozen.Load() {
			_, _ = to.Write(buffer[:n])
		}
		switch {
		case err != nil && !p.frozen.Load():
			p.close()
			return
		case err != nil:
			return
		}
	}
}
