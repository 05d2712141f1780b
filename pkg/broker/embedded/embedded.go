package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

var (
	// ErrNotReady is returned when the server did not accept connections in
	// time.
	ErrNotReady = errors.New("the embedded NATS server did not become ready")
	// ErrInUse is returned when another process has the store directory or the
	// port.
	ErrInUse = errors.New("in use by another process")
)

const (
	readyWithin = 10 * time.Second
	maxPayload  = 1 << 20
	// maxBuffered bounds what one stream holds in memory before it refuses
	// with "too many requests": an object that arrives faster than the disk
	// writes must fit.
	maxBuffered = 512 << 20
)

// Config says where the server keeps its data and where it listens.
type Config struct {
	Dir        string // store directory; created when absent
	Addr       string // "127.0.0.1:4222"; port 0 or -1, or an empty Addr, means a free port on loopback
	DontListen bool   // no socket at all: only InProcessConn reaches it
	MaxStore   int64  // bytes that all streams together may use; 0 means three quarters of the free disk
	// Unsynced acknowledges what the disk does not have yet: it outlives the
	// process, and not a power failure. It is for data that is thrown away.
	Unsynced bool
	Log      *slog.Logger
}

// Server is a running NATS server.
type Server struct {
	nats   *server.Server
	unlock func() // of the store directory; again is harmless
}

// Start starts a server and returns when it accepts connections.
func Start(c Config) (*Server, error) {
	opts, err := c.options()
	if err != nil {
		return nil, err
	}
	if err := checkPort(opts); err != nil {
		return nil, err
	}
	unlock, err := lockDir(c.Dir)
	if err != nil {
		return nil, err
	}
	s, err := server.NewServer(opts)
	if err != nil {
		unlock()
		return nil, fmt.Errorf("set up the embedded NATS server: %w", err)
	}
	s.SetLoggerV2(newLogger(c.Log), false, false, false)
	s.Start()
	running := &Server{nats: s, unlock: unlock}
	if err := running.ready(); err != nil {
		running.Shutdown()
		return nil, err
	}
	return running, nil
}

func (s *Server) ready() error {
	if !s.nats.ReadyForConnections(readyWithin) {
		return fmt.Errorf("%w within %v", ErrNotReady, readyWithin)
	}
	if !s.nats.JetStreamEnabled() {
		return fmt.Errorf("%w: JetStream did not start; its reason is in the log", ErrNotReady)
	}
	return nil
}

// checkPort says at once that a port is taken; the server would only log it.
func checkPort(opts *server.Options) error {
	if opts.DontListen || opts.Port == server.RANDOM_PORT {
		return nil
	}
	addr := net.JoinHostPort(opts.Host, strconv.Itoa(opts.Port))
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("%w: %s (%w)", ErrInUse, addr, err)
	}
	return l.Close()
}

func (c Config) options() (*server.Options, error) {
	if c.Dir == "" {
		return nil, errors.New("the embedded NATS server needs a store directory")
	}
	host, port, err := splitAddr(c.Addr)
	if err != nil {
		return nil, err
	}
	return &server.Options{
		ServerName:            "discomfy-embedded",
		Host:                  host,
		Port:                  port,
		DontListen:            c.DontListen,
		NoSigs:                true, // signals are the program's
		JetStream:             true,
		StoreDir:              c.Dir,
		SyncAlways:            !c.Unsynced, // an acknowledged job survives a power failure
		JetStreamMaxStore:     c.MaxStore,
		MaxPayload:            maxPayload,
		StreamMaxBufferedSize: maxBuffered,
	}, nil
}

// splitAddr reads host:port; the free port is -1 to the server.
func splitAddr(addr string) (string, int, error) {
	if addr == "" {
		return "127.0.0.1", server.RANDOM_PORT, nil
	}
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, fmt.Errorf("listen address %q: %w", addr, err)
	}
	port, err := strconv.Atoi(text)
	if err != nil || port > 65535 || port < -1 {
		return "", 0, fmt.Errorf("listen address %q: %q is no port", addr, text)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, nil
}

// InProcessConn opens a connection that needs no socket; it is what
// broker.Config.InProcess wants.
func (s *Server) InProcessConn() (net.Conn, error) { return s.nats.InProcessConn() }

// ClientURL is the nats:// address for clients and for the NATS CLI; it means
// nothing when the server does not listen.
func (s *Server) ClientURL() string { return s.nats.ClientURL() }

// Run waits for ctx to end and shuts the server down; it returns early, with
// an error, when the server stops by itself.
func (s *Server) Run(ctx context.Context) error {
	stopped := make(chan struct{})
	go func() {
		s.nats.WaitForShutdown()
		close(stopped)
	}()
	select {
	case <-ctx.Done():
		s.Shutdown()
		<-stopped
		return nil
	case <-stopped:
		return errors.New("the embedded NATS server stopped by itself")
	}
}

// Shutdown stops the server and returns when it has stopped; calling it again
// is harmless.
func (s *Server) Shutdown() {
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
	s.unlock()
}
