package broker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// minAPILevel is JetStream's API level of NATS 2.14. Older servers ignore
	// times to live and fences without a word, or can not reset a consumer.
	minAPILevel = 4
	// callTimeout bounds a request whose context has no deadline.
	callTimeout = 5 * time.Second
)

// Broker is a connection to NATS.
type Broker struct {
	cfg   Config
	nc    *nats.Conn
	js    jetstream.JetStream
	clock clock
	link  *link
	count counters
	put   chan struct{} // a semaphore of one: files are stored one after the other
	// replica tells this process from others with the same name
	replica string

	orders orders

	mu      sync.Mutex
	streams map[string]jetstream.Stream // handles, bound at first use
}

// Connect connects and makes sure that the server suffices: ErrUnfit says why
// it does not. With Config.Wait it returns only when a server answered or ctx
// ended.
func Connect(ctx context.Context, c Config) (*Broker, error) {
	c = c.withDefaults()
	if c.URL == "" && c.InProcess == nil {
		return nil, errors.New("connect to NATS: neither a URL nor a server in this process is given")
	}
	b := &Broker{
		cfg: c, clock: newClock(), put: make(chan struct{}, 1), replica: uuid.NewString(),
		streams: make(map[string]jetstream.Stream),
	}
	b.link = newLink(c, &b.count)
	opts, err := c.options()
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	if b.nc, err = nats.Connect(c.URL, append(opts, b.link.options()...)...); err != nil {
		return nil, fmt.Errorf("connect to NATS at %s: %w", c.address(), err)
	}
	if err := b.start(ctx); err != nil {
		b.nc.Close()
		return nil, fmt.Errorf("connect to NATS at %s: %w", c.address(), err)
	}
	return b, nil
}

func (b *Broker) start(ctx context.Context) error {
	if err := b.link.await(ctx, b.nc); err != nil {
		return err
	}
	var err error
	if b.js, err = jetstream.New(b.nc, jetstream.WithDefaultTimeout(callTimeout)); err != nil {
		return err
	}
	info, err := b.js.AccountInfo(ctx)
	return checkFitness(info, err, b.nc.ConnectedServerVersion())
}

// checkFitness refuses a server that would break our promises silently.
func checkFitness(info *jetstream.AccountInfo, err error, version string) error {
	switch {
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return fmt.Errorf("%w: JetStream is off; start NATS with our nats.conf, or with -js", ErrUnfit)
	case err != nil:
		return fmt.Errorf("ask for JetStream's API level: %w", err)
	case info.API.Level < minAPILevel:
		return fmt.Errorf("%w: NATS %s has JetStream API level %d, and %d (NATS 2.14) is needed, "+
			"because older servers ignore leases and fences silently; install a newer NATS",
			ErrUnfit, version, info.API.Level, minAPILevel)
	}
	return nil
}

// address is where we connect to, without what is secret in it.
func (c Config) address() string {
	if c.InProcess != nil {
		return "the server in this process"
	}
	return redact(c.URL)
}

// Close lets what is under way finish, bounded, and closes the connection.
func (b *Broker) Close() {
	b.js.CleanupPublisher()
	closed := b.nc.StatusChanged(nats.CLOSED)
	if err := b.nc.Drain(); err != nil {
		b.nc.Close()
		return
	}
	select {
	case <-closed:
	case <-time.After(drainWithin + time.Second):
		b.nc.Close()
	}
}

// stream is the handle of a stream, whose settings are read once.
func (b *Broker) stream(ctx context.Context, name string) (jetstream.Stream, error) {
	b.mu.Lock()
	s, ok := b.streams[name]
	b.mu.Unlock()
	if ok {
		return s, nil
	}
	s, err := b.js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", name, notFound(err))
	}
	b.mu.Lock()
	b.streams[name] = s
	b.mu.Unlock()
	return s, nil
}

// request is the context of one request and its answer. It ends with the
// connection too: what was asked on a former one is never answered, and the
// sooner that is known the sooner it is asked again.
func (b *Broker) request(ctx context.Context, within time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, within)
	stop := context.AfterFunc(b.link.generation(), cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

// forget drops the handles, after settings have changed.
func (b *Broker) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.streams)
}
