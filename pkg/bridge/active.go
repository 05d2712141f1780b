package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"discomfy/pkg/broker"
	"discomfy/pkg/comfy"
	"discomfy/pkg/job"
)

// active is the bridge during one term: everything in it is built from the
// state log and from what ComfyUI knows, and is thrown away with the term.
type active struct {
	*Bridge
	term    *broker.Term
	client  string // the persistent client id
	conn    *comfy.Conn
	link    *link
	tracker *tracker
	memory  *memory
	audits  chan struct{} // asks for a look at ComfyUI's queue
	changed chan struct{} // the queue's order changed
	free    chan struct{} // a job can perhaps be dispatched
	learnt  chan struct{} // the memory changed
	faults  chan error    // why an owner gave its job up: only the next term takes it up again

	owners sync.WaitGroup // the goroutines that own a job

	mu       sync.Mutex
	schedule *schedule
	runs     map[job.ID]*run // jobs that left the schedule and have not ended
	window   int             // places taken, lingering prompts included
	begun    uint64          // runs so far, for their order
	others   int             // prompts of other clients in ComfyUI
	full     int             // results that wait for room in the store: submit nothing new
	counters counters
}

// counters are what happened during the term, for the status report.
type counters struct {
	Done      int `json:"done"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
	Rejected  int `json:"rejected"`
	Removed   int `json:"superfluous_removed"`
	Previews  int `json:"previews_dropped"`
}

// serve is one term, from taking the lease to the return of the last
// goroutine.
func (b *Bridge) serve(ctx context.Context, t *broker.Term) error {
	b.active.Store(true)
	defer b.active.Store(false)
	a, err := b.activate(ctx, t)
	if err != nil {
		return err
	}
	b.log.InfoContext(ctx, "serving the queue",
		slog.Uint64("epoch", t.Epoch()), slog.String("client_id", a.client))
	g, gctx := errgroup.WithContext(ctx)
	for _, part := range []func(context.Context) error{
		a.conn.Run, a.receive, a.dispatch, a.audit, a.report, a.announce, a.keepCatalog, a.keepMemory, a.expire, a.drain, a.despair,
		func(ctx context.Context) error { return t.Serve(ctx, a.control(ctx)) },
	} {
		g.Go(func() error { return part(gctx) })
	}
	err = g.Wait()
	a.owners.Wait()
	b.log.InfoContext(context.WithoutCancel(ctx), "no longer active", slog.Uint64("epoch", t.Epoch()))
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("serve queue %s: %w", b.cfg.Queue, err)
	}
	return nil
}

func (b *Bridge) activate(ctx context.Context, t *broker.Term) (*active, error) {
	client, err := t.ClientID(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the client id: %w", err)
	}
	a := &active{
		Bridge: b, term: t, client: client,
		link:     newLink(),
		tracker:  newTracker(b.log, time.Now),
		memory:   newMemory(),
		audits:   make(chan struct{}, 1),
		changed:  make(chan struct{}, 1),
		free:     make(chan struct{}, 1),
		learnt:   make(chan struct{}, 1),
		faults:   make(chan error, 1),
		schedule: newSchedule(),
		runs:     map[job.ID]*run{},
	}
	stored, err := t.Memory(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the learned durations: %w", err)
	}
	if err := a.memory.load(stored); err != nil {
		b.log.WarnContext(ctx, "starting without learned durations", slog.Any(keyError, err))
	}
	a.conn = b.comfy.Conn(comfy.ConnConfig{ClientID: client, Sink: a.event, Open: a.openInside, Log: b.log})
	return a, nil
}

// fault notes that a job has no owner any more. Its place in the window and
// its message would be kept for ever: only the end of the term frees them.
func (a *active) fault(err error) {
	select {
	case a.faults <- err:
	default:
	}
}

// despair ends the term when a job has lost its owner.
func (a *active) despair(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-a.faults:
		return fmt.Errorf("a job was given up: %w", err)
	}
}

// event is the socket's sink: it never waits.
func (a *active) event(gen uint64, e comfy.Event) {
	switch e := e.(type) {
	case comfy.Connected:
		a.link.connected(gen)
		a.tracker.missed()
		poke(a.audits)
		poke(a.changed)
	case comfy.Disconnected:
		a.link.disconnected()
		poke(a.changed)
	case comfy.Status:
		a.link.status(e.Remaining)
		poke(a.audits)
	default:
		a.tracker.handle(e)
	}
}

// openInside is the number of our jobs that ComfyUI has accepted.
func (a *active) openInside() int {
	n := 0
	for _, r := range a.snapshotRuns() {
		if r.inside() {
			n++
		}
	}
	return n
}

// orderChanged asks for a new snapshot and a new look at the window.
func (a *active) orderChanged() {
	poke(a.changed)
	poke(a.free)
}

// poke sends a wake-up that is not lost and never waits: one that is pending
// serves for all.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
