package source

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// socket is a connection of which is known when it was last read from: of a session
// that is stuck nobody reads.
type socket struct {
	net.Conn
	reading atomic.Int32
	last    atomic.Int64 // when a read returned, in Unix nanoseconds
}

func dial(ctx context.Context, network, address string) (*socket, error) {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	s := &socket{Conn: conn}
	s.last.Store(time.Now().UnixNano())
	return s, nil
}

func (s *socket) Read(p []byte) (int, error) {
	s.reading.Add(1)
	defer s.reading.Add(-1)
	defer func() { s.last.Store(time.Now().UnixNano()) }()
	return s.Conn.Read(p)
}

// unread is for how long nobody has been reading.
func (s *socket) unread() time.Duration {
	if s == nil || s.reading.Load() > 0 {
		return 0
	}
	return time.Since(time.Unix(0, s.last.Load()))
}
