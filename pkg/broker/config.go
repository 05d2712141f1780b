package broker

import (
	"context"
	"log/slog"
	"net"
	"time"
)

// DefaultLease is how long a bridge may be silent before another takes over.
const DefaultLease = 6 * time.Second

// minLease is the shortest lease: servers count a message's life in whole
// seconds, and none below one.
const minLease = time.Second

// InProcess is a NATS server inside this process.
type InProcess interface {
	InProcessConn() (net.Conn, error)
}

// Config says how to reach NATS and how to behave there. The zero value of
// every field is usable but URL and InProcess, of which one is needed.
type Config struct {
	URL       string    // nats://host:4222; several, separated by commas, are servers of one cluster
	InProcess InProcess // instead of URL
	Name      string    // of the connection, such as "discomfy-bridge/default", as operators see it
	// Role is the last part of the prefix of reply subjects, _INBOX_<role>, by
	// which permissions keep roles from reading each other's replies. Defaults
	// to "discomfy".
	Role string
	// Wait makes Connect repeat itself until its context ends while no server
	// answers. Without it the first failure is returned.
	Wait bool

	User, Password string
	Token          string
	Creds          string // path of a credentials file (JWT)
	NKey           string // path of an nkey seed
	TLSCA          string // path of the authority's certificates
	TLSCert        string // paths of our own certificate and key
	TLSKey         string

	// Lease is how long the active bridge may be silent before another one
	// takes over; rounded up to whole seconds. Defaults to DefaultLease.
	Lease time.Duration
	// Seize makes the first Lead of each queue take the lease from whoever
	// holds it. It is for the process that owns the server: the holder was its
	// predecessor, which can not live any more. A holder that does is fenced.
	Seize bool

	Log  *slog.Logger                            // nil discards
	Hook func(ctx context.Context, point string) // failpoints, see BeforeSubmit and its neighbours; nil in production
}

func (c Config) withDefaults() Config {
	if c.Role == "" {
		c.Role = "discomfy"
	}
	if c.Lease <= 0 {
		c.Lease = DefaultLease
	}
	c.Lease = max(c.Lease, minLease)
	if rest := c.Lease % time.Second; rest != 0 {
		c.Lease += time.Second - rest
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
