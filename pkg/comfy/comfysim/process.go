package comfysim

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// process is all that a ComfyUI process keeps in memory and loses when it is killed.
type process struct {
	server    *Server
	queue     *queue
	history   *history
	hub       *hub
	cache     *cache
	interrupt atomic.Bool // stop what runs at its next check

	mu           sync.Mutex
	node, client string // what executes, and for whom

	quit    chan struct{} // closed by stop
	ended   chan struct{} // closed when nothing of it may go on
	endOnce sync.Once
	started atomic.Bool
	done    chan struct{} // closed when run has returned
}

func newProcess(s *Server) *process {
	return &process{
		server: s, queue: newQueue(), history: newHistory(), hub: newHub(s.faults), cache: newCache(),
		quit: make(chan struct{}), ended: make(chan struct{}), done: make(chan struct{}),
	}
}

// run executes prompts and sends frames until ctx ends or stop is called, then drops all sockets.
func (p *process) run(ctx context.Context) {
	p.started.Store(true)
	defer close(p.done)
	defer p.mourn()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.hub.publish(ctx) })
	g.Go(func() error { return p.execute(ctx) })
	g.Go(func() error {
		defer cancel()
		select {
		case <-p.quit:
		case <-ctx.Done():
		}
		p.end()
		return nil
	})
	_ = g.Wait() // all three end by the context alone
}

// stop kills the process and waits until nothing of it is left.
func (p *process) stop() {
	close(p.quit)
	if p.started.Load() {
		<-p.done
	} else {
		p.end()
		p.mourn()
	}
}

// end drops the sockets and lets no request wait any longer. It may be called again.
func (p *process) end() {
	p.endOnce.Do(func() { close(p.ended) })
	p.hub.close()
}

// mourn logs that a killed process has forgotten all, after its last run and before the next process' first.
func (p *process) mourn() {
	select {
	case <-p.quit:
		p.server.runs.note(Event{Kind: EventRestart})
	default: // the server ends
	}
}

// execute is the one executor.
func (p *process) execute(ctx context.Context) error {
	for {
		if err := p.queue.await(ctx); err != nil {
			return err
		}
		if err := p.server.pause(ctx, 0); err != nil {
			return err
		}
		it := p.queue.take()
		if it == nil {
			continue // deleted meanwhile
		}
		p.broadcastStatus(ctx)
		if err := newRun(p, it).execute(ctx); err != nil {
			return err
		}
	}
}

func (p *process) queueInfo() *object {
	return obj("exec_info", obj("queue_remaining", p.queue.remaining()))
}

// broadcastStatus is ComfyUI's queue_updated: everybody learns the length of the queue.
func (p *process) broadcastStatus(ctx context.Context) {
	p.hub.send(ctx, "", "status", obj("status", p.queueInfo()))
}

func (p *process) setExecuting(node, client string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.node, p.client = node, client
}

func (p *process) executing() (node, client string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.node, p.client
}

// sleep is a real wait of d; the default of Server.pace.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
