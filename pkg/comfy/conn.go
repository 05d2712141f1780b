package comfy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// ConnConfig says what a Conn serves. Times default as stated.
type ConnConfig struct {
	// ClientID names this client to the server, for its whole life: prompts are
	// submitted under it. At most one connection may exist under a client id.
	ClientID string
	// Sink gets every event, with its generation, one call at a time. It must not block.
	Sink func(generation uint64, e Event)
	// Open counts the prompts that ought to run or wait in the server now. While it is
	// positive, a silent socket is compared with the server's queue.
	// Nil means always zero.
	Open func() int

	FlagsWithin  time.Duration // for the feature_flags answer; 3 s
	StatusWithin time.Duration // for the status after an accepted submission; 2 s
	SilentFor    time.Duration // until a silence is looked into; 3 s
	CloseWithin  time.Duration // for the close handshake; 1 s
	PingEvery    time.Duration // three unanswered pings end a connection; 20 s
	BackoffMin   time.Duration // the first pause between connections; 100 ms
	BackoffMax   time.Duration // and the longest; 5 s

	// Log defaults to that of the Client.
	Log *slog.Logger
}

func (c ConnConfig) withDefaults(log *slog.Logger) ConnConfig {
	c.FlagsWithin = cmp.Or(c.FlagsWithin, 3*time.Second)
	c.StatusWithin = cmp.Or(c.StatusWithin, 2*time.Second)
	c.SilentFor = cmp.Or(c.SilentFor, 3*time.Second)
	c.CloseWithin = cmp.Or(c.CloseWithin, time.Second)
	c.PingEvery = cmp.Or(c.PingEvery, 20*time.Second)
	c.BackoffMin = cmp.Or(c.BackoffMin, 100*time.Millisecond)
	c.BackoffMax = cmp.Or(c.BackoffMax, 5*time.Second)
	c.Log = cmp.Or(c.Log, log)
	if c.Sink == nil {
		c.Sink = func(uint64, Event) {}
	}
	if c.Open == nil {
		c.Open = func() int { return 0 }
	}
	return c
}

// Conn is the one WebSocket of a client id. See the package comment.
type Conn struct {
	client *Client
	config ConnConfig

	generation atomic.Uint64
	counters   counters

	mu      sync.Mutex
	current *session // of the newest generation, which may have ended; nil before the first
}

// Conn prepares the WebSocket; Run opens it.
func (c *Client) Conn(config ConnConfig) *Conn {
	return &Conn{client: c, config: config.withDefaults(c.log)}
}

// Run connects, reads and reconnects until the context ends. It returns the
// context's error when the socket is closed and nothing of it runs any more.
// It may run once at a time.
func (c *Conn) Run(ctx context.Context) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = c.config.BackoffMin, c.config.BackoffMax
	pause.Reset()
	told := false // whether the log has the present trouble
	for ctx.Err() == nil {
		lasted, err := c.connect(ctx)
		if ctx.Err() != nil {
			break
		}
		if lasted > 0 {
			told = false
		}
		if lasted > c.config.BackoffMax {
			pause.Reset()
		}
		wait := pause.NextBackOff()
		c.logTrouble(ctx, err, wait, told)
		told = true
		sleep(ctx, wait)
	}
	return ctx.Err()
}

func (c *Conn) logTrouble(ctx context.Context, err error, wait time.Duration, told bool) {
	level := slog.LevelWarn
	if told {
		level = slog.LevelDebug
	}
	message := "the connection to ComfyUI is lost; connecting again"
	if c.Generation() == 0 {
		message = "ComfyUI does not answer yet; trying until it does"
	}
	c.config.Log.Log(ctx, level, message,
		"url", c.client.URL(), "client_id", c.config.ClientID, "wait", wait, "error", err)
}

// connect opens one socket and stays until it is wholly closed. It tells how long the
// socket was connected: zero when the server did not answer as it should.
func (c *Conn) connect(ctx context.Context) (lasted time.Duration, err error) {
	ws, err := c.client.openSocket(ctx, c.config.ClientID)
	if err != nil {
		return 0, err
	}
	s := newSession(c, ws)
	err = s.run(ctx)
	deaf := errors.Is(err, ErrDeaf)
	if s.generation != 0 {
		s.deliver(Disconnected{Err: err, Deaf: deaf})
		c.counters.lost.Add(1)
		lasted = time.Since(s.since)
	}
	if deaf {
		c.counters.deaf.Add(1)
	}
	return lasted, err
}

// enter makes a session the current generation.
func (c *Conn) enter(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current = s
	s.generation = c.generation.Add(1)
}

func (c *Conn) session() *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current
}

// Generation numbers the connections that were answered: 0 before the first.
func (c *Conn) Generation() uint64 { return c.generation.Load() }

// Expect is called before a submission, and what it returns after the submission was
// accepted. A status frame must have arrived since the former, within a
// bound of the latter, or the socket is deaf.
func (c *Conn) Expect() (arm func()) {
	s := c.session()
	if s == nil {
		return func() {} // whoever sees the next generation reconciles
	}
	seen := s.statusCount()
	return func() { s.expect(seen) }
}

// Suspect ends a generation of which the caller knows that it is deaf. It does
// nothing if that generation is not the current one.
func (c *Conn) Suspect(generation uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.current; s != nil && s.generation == generation {
		s.end(fmt.Errorf("%w: suspected by its user", ErrDeaf))
	}
}

// ConnStats counts what happened since the start. What is counted was told to
// Sink before.
type ConnStats struct {
	Frames       uint64 `json:"frames"`       // messages that were read
	Bad          uint64 `json:"bad"`          // of those: could not be understood, or too large; skipped
	Unknown      uint64 `json:"unknown"`      // of those: of a type that the package does not know
	Connected    uint64 `json:"connected"`    // generations, with the one that is being told
	Disconnected uint64 `json:"disconnected"` // generations that ended
	Deaf         uint64 `json:"deaf"`         // sockets that were deaf
}

type counters struct{ frames, bad, unknown, lost, deaf atomic.Uint64 }

// Stats gives the counters.
func (c *Conn) Stats() ConnStats {
	n := &c.counters
	return ConnStats{
		Frames: n.frames.Load(), Bad: n.bad.Load(), Unknown: n.unknown.Load(),
		Connected: c.Generation(), Disconnected: n.lost.Load(), Deaf: n.deaf.Load(),
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
