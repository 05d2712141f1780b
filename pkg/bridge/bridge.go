package bridge

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"discomfy/pkg/broker"
	"discomfy/pkg/comfy"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// Keys of log attributes.
const (
	keyAttempt  = "attempt"
	keyError    = "error"
	keyJob      = "job_id"
	keyPrompt   = "prompt_id"
	keyQueue    = "queue"
	keyWorkflow = "workflow"
)

// Config says how a bridge works. The zero value of every field but Queue is
// usable.
type Config struct {
	// Queue is the queue served. Defaults to job.DefaultQueue.
	Queue job.Queue
	// InFlight is how many jobs may be inside ComfyUI at once: one runs, the
	// others are ready so that the GPU never waits. Defaults to 2.
	InFlight int
	// Timeouts bound a run by the kind of its workflow, counted from the start
	// of the run. Kinds that are absent get an hour for videos and ten minutes
	// for everything else.
	Timeouts map[workflow.Kind]time.Duration
	// Wait is how long a job may wait before it ends as expired. Defaults to
	// five days.
	Wait time.Duration
	// MaxResult bounds one result file, in bytes. Defaults to 1 GiB.
	MaxResult int64
	// Looks is the pause between the two looks after which a prompt counts as
	// unknown to ComfyUI. Defaults to 2 s: a large body can still be on its way
	// when the first look says "unknown".
	Looks time.Duration
	// LivesOn is how long a run may go on after its stop was asked for before
	// its record ends all the same: a long node hears nothing. Defaults to 30 s.
	LivesOn time.Duration
	// Log receives what operators look for. Defaults to nowhere.
	Log *slog.Logger
	// Hook is called at the named points of a job's way, for fault tests. It is
	// nil in production.
	Hook func(ctx context.Context, point string)
}

func (c Config) withDefaults() Config {
	if c.Queue == "" {
		c.Queue = job.DefaultQueue
	}
	if c.InFlight <= 0 {
		c.InFlight = 2
	}
	if c.Wait <= 0 {
		c.Wait = 5 * 24 * time.Hour
	}
	if c.MaxResult <= 0 {
		c.MaxResult = 1 << 30
	}
	if c.Looks <= 0 {
		c.Looks = 2 * time.Second
	}
	if c.LivesOn <= 0 {
		c.LivesOn = 30 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Hook == nil {
		c.Hook = func(context.Context, string) {}
	}
	return c
}

func (c Config) timeout(kind workflow.Kind) time.Duration {
	if d, ok := c.Timeouts[kind]; ok && d > 0 {
		return d
	}
	if kind == workflow.KindVideo {
		return time.Hour
	}
	return 10 * time.Minute
}

// Bridge serves one queue with one ComfyUI server.
type Bridge struct {
	cfg       Config
	log       *slog.Logger
	broker    *broker.Broker
	comfy     *comfy.Client
	workflows *workflow.Set
	draining  chan struct{} // closed by Drain
	drainOnce sync.Once
	active    atomic.Bool // a term is being served
}

// New returns a bridge that does nothing until Run.
func New(cfg Config, b *broker.Broker, c *comfy.Client, set *workflow.Set) *Bridge {
	cfg = cfg.withDefaults()
	return &Bridge{
		cfg: cfg, broker: b, comfy: c, workflows: set, draining: make(chan struct{}),
		log: cfg.Log.With(slog.String(keyQueue, string(cfg.Queue))),
	}
}

// Drain lets the bridge finish what is inside ComfyUI and take nothing new; Run
// returns when that is done. A standby returns at once. It may be called at any
// time, and more than once.
func (b *Bridge) Drain() { b.drainOnce.Do(func() { close(b.draining) }) }

// drainPoll is how often it is looked whether the last term is over.
const drainPoll = 50 * time.Millisecond

// errDrained ends the term of a bridge that was drained.
var errDrained = errors.New("drained")

// Run serves the queue whenever it holds the lease, until ctx ends or it is
// drained. It returns nil after an orderly stop.
func (b *Bridge) Run(ctx context.Context) error {
	b.greet(ctx)
	ctx, cancel := context.WithCancel(ctx)
	var parts errgroup.Group
	parts.Go(func() error {
		defer cancel()
		return b.lead(ctx)
	})
	parts.Go(func() error {
		select {
		case <-ctx.Done():
		case <-b.draining:
			// The term ends by itself, drained or not; a further one is not wanted.
			for b.active.Load() && pause(ctx, drainPoll) {
			}
			cancel()
		}
		return nil
	})
	return parts.Wait()
}

// lead serves one term after the other. An error ends a term, not the bridge,
// unless it will not go away.
func (b *Bridge) lead(ctx context.Context) error {
	for {
		err := b.broker.Lead(ctx, b.cfg.Queue, b.serve)
		switch {
		case ctx.Err() != nil, errors.Is(err, errDrained):
			return nil
		case errors.Is(err, broker.ErrNotSetUp), err == nil:
			return err
		}
		level := slog.LevelError
		if errors.Is(err, broker.ErrFenced) {
			level = slog.LevelWarn
		}
		b.log.LogAttrs(ctx, level, "the term has ended; waiting for the lease again", slog.Any(keyError, err))
		if !pause(ctx, time.Second) {
			return nil
		}
	}
}

// greet tests the connection once and names the server. That one is absent is
// said by the socket, which is opened at once and picks it up when it comes.
func (b *Bridge) greet(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	stats, err := b.comfy.SystemStats(ctx)
	if err != nil {
		b.log.DebugContext(ctx, "no answer from ComfyUI", slog.String("url", b.comfy.URL()), slog.Any(keyError, err))
		return
	}
	b.log.InfoContext(ctx, "ComfyUI found", slog.String("url", b.comfy.URL()),
		slog.String("version", stats.Version.String()), slog.Any("devices", deviceNames(stats)))
}

func deviceNames(s comfy.SystemStats) []string {
	names := make([]string, 0, len(s.Devices))
	for _, d := range s.Devices {
		names = append(names, d.Name)
	}
	return names
}
