package source

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"

	"discomfy/pkg/discord/api"
)

// Shard is the part of the servers whose interactions come: those with
// (id >> 22) % Count == ID. Direct messages come to shard 0. The zero Shard is all.
type Shard struct{ ID, Count int }

// GatewayConfig says how a Gateway connects. Times default as stated.
type GatewayConfig struct {
	Client *api.Client
	// App is the application's id, by which replicas know that they share the budget of
	// new sessions. Empty: Discord is asked.
	App   string
	Shard Shard
	// Locker is shared by all replicas with the token. Nil: there are no others.
	Locker Locker
	// Log defaults to nowhere.
	Log *slog.Logger

	Handlers     int           // interactions that are handled at once; 512
	HandleWithin time.Duration // bounds the handler's context; 10 s
	OpenWithin   time.Duration // for connecting until READY; 20 s
	StuckAfter   time.Duration // a session that holds its lock so long will not give it up; 5 s
	ResumeWithin time.Duration // after losing the connection; later, a new session begins; 45 s
	IdentifyGap  time.Duration // between two new sessions of the token; 6 s, one more than Discord's
	BackoffMin   time.Duration // the first pause between connections; 500 ms
	BackoffMax   time.Duration // and the longest; 1 min
	Tick         time.Duration // how often the watchdog looks; 250 ms
}

func (c GatewayConfig) withDefaults() GatewayConfig {
	c.Shard.Count = max(c.Shard.Count, 1)
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	c.Handlers = cmp.Or(c.Handlers, 512)
	c.HandleWithin = cmp.Or(c.HandleWithin, 10*time.Second)
	c.OpenWithin = cmp.Or(c.OpenWithin, 20*time.Second)
	c.StuckAfter = cmp.Or(c.StuckAfter, 5*time.Second)
	c.ResumeWithin = cmp.Or(c.ResumeWithin, 45*time.Second)
	c.IdentifyGap = cmp.Or(c.IdentifyGap, 6*time.Second)
	c.BackoffMin = cmp.Or(c.BackoffMin, 500*time.Millisecond)
	c.BackoffMax = cmp.Or(c.BackoffMax, time.Minute)
	c.Tick = cmp.Or(c.Tick, 250*time.Millisecond)
	return c
}

// maxLeft bounds the goroutines that stuck sessions leave behind, some 30 KB each.
const maxLeft = 256

// ErrWornOut is returned when so many sessions got stuck that only a new process frees
// what they hold.
var ErrWornOut = errors.New("too many connections to discord's gateway got stuck: start again")

// errStuck is returned when a session holds its own lock for ever.
var errStuck = errors.New("discordgo's session is stuck")

// Gateway receives interactions over a socket that it keeps open. See the package comment.
type Gateway struct {
	cfg    GatewayConfig
	desk   *desk
	counts gatewayCounts
	pauses *backoff.ExponentialBackOff // of Run

	mu    sync.Mutex
	state string // why it is not ready; empty when it is
	said  map[string]bool
}

type gatewayCounts struct {
	identified, resumed, dropped, zombies, stuck atomic.Int64
}

// GatewayStats counts since the Gateway was made.
type GatewayStats struct {
	Identified int64 // sessions that began
	Resumed    int64 // connections that went on with one
	Dropped    int64 // connections that ended without our doing
	Zombies    int64 // that were closed because no heartbeat was acknowledged
	Stuck      int64 // sessions that were left behind
	Handled    int64 // interactions
	Refused    int64 // because too many were being handled
	Odd        int64 // that could not be parsed
}

// NewGateway makes a Gateway; Run connects it.
func NewGateway(c GatewayConfig, h Handler) *Gateway {
	c = c.withDefaults()
	pauses := &backoff.ExponentialBackOff{
		InitialInterval: c.BackoffMin, RandomizationFactor: 0.5, Multiplier: 2, MaxInterval: c.BackoffMax,
	}
	pauses.Reset()
	return &Gateway{
		cfg: c, state: "not connected yet", said: map[string]bool{}, pauses: pauses,
		desk: newDesk(h, c.Client.Now, c.Handlers, c.HandleWithin, c.Log),
	}
}

// Run keeps the connection until ctx ends, and then returns nil. Any other error is for
// a person to mend: its text says how.
func (g *Gateway) Run(ctx context.Context) error {
	defer g.desk.close()
	defer g.be("stopped")
	var l *line
	for {
		var err error
		l, err = g.connection(ctx, l)
		switch {
		case ctx.Err() != nil:
			return nil
		case isPermanent(err):
			return err
		case g.counts.stuck.Load() > maxLeft:
			return ErrWornOut
		}
		pause := g.pauses.NextBackOff()
		g.cfg.Log.InfoContext(ctx, "the connection to discord's gateway ended", slog.Any("error", err), slog.Duration("pause", pause))
		if sleep(ctx, pause) != nil {
			l.close()
			return nil
		}
	}
}

// connection opens l, or a new line where there is none, and serves it until it ends.
// It returns the line where the session may go on.
func (g *Gateway) connection(ctx context.Context, l *line) (*line, error) {
	if l == nil || !l.resumable() {
		l.close()
		g.be("waiting for a new session")
		url, err := g.admit(ctx)
		if err != nil {
			g.be(err.Error())
			return nil, err
		}
		l = newLine(ctx, g, url)
	}
	g.be("connecting")
	err := l.open(ctx)
	if err == nil {
		g.be("")
		began := time.Now()
		if err = l.watch(ctx); time.Since(began) > g.cfg.BackoffMax/2 {
			g.pauses.Reset()
		}
	}
	if err != nil {
		g.be(err.Error())
	}
	if errors.Is(err, errStuck) {
		g.counts.stuck.Add(1)
		return nil, err
	}
	if ctx.Err() != nil || isPermanent(err) {
		l.close()
		return nil, err
	}
	return l, err
}

// Ready is nil while interactions can arrive, else it says why they cannot.
func (g *Gateway) Ready() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state == "" {
		return nil
	}
	return errors.New("discord's gateway: " + g.state)
}

func (g *Gateway) be(state string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state = state
}

// once logs a warning of a kind the first time only.
func (g *Gateway) once(ctx context.Context, kind, message string, attrs ...slog.Attr) {
	g.mu.Lock()
	said := g.said[kind]
	g.said[kind] = true
	g.mu.Unlock()
	if !said {
		g.cfg.Log.LogAttrs(ctx, slog.LevelWarn, message, attrs...)
	}
}

// Stats reads the counters.
func (g *Gateway) Stats() GatewayStats {
	return GatewayStats{
		Identified: g.counts.identified.Load(), Resumed: g.counts.resumed.Load(), Dropped: g.counts.dropped.Load(),
		Zombies: g.counts.zombies.Load(), Stuck: g.counts.stuck.Load(),
		Handled: g.desk.handled.Load(), Refused: g.desk.refused.Load(), Odd: g.desk.odd.Load(),
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
