package source

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"discomfy/pkg/discord/api"
)

// desk hands interactions to the handler, so many at once.
type desk struct {
	handler Handler
	now     func() time.Time
	within  time.Duration
	log     *slog.Logger
	slots   chan struct{}

	mu     sync.Mutex // guards closed, and that nobody comes in while it closes
	closed bool
	busy   sync.WaitGroup

	handled, refused, odd atomic.Int64
	complained            atomic.Int64 // when it last did, in Unix seconds
}

func newDesk(h Handler, now func() time.Time, slots int, within time.Duration, log *slog.Logger) *desk {
	return &desk{handler: h, now: now, within: within, log: log, slots: make(chan struct{}, slots)}
}

// hand gives an interaction to a goroutine, unless too many are being handled.
func (d *desk) hand(ctx context.Context, raw []byte) {
	received := d.now()
	if !d.enter() {
		d.turnAway(ctx)
		return
	}
	go func() {
		defer d.leave()
		i, err := api.ParseInteraction(raw, received)
		if err != nil {
			d.oddity(ctx, err)
			return
		}
		d.handle(context.WithoutCancel(ctx), i)
	}()
}

func (d *desk) turnAway(ctx context.Context) {
	n := d.refused.Add(1)
	d.complain(ctx, "too many interactions at once: one was not handled", slog.Int64("so_far", n))
}

func (d *desk) oddity(ctx context.Context, err error) {
	n := d.odd.Add(1)
	d.complain(ctx, "an interaction could not be read", slog.Any("error", err), slog.Int64("so_far", n))
}

// handle calls the handler within its time. What one interaction does to it must not
// take the others along.
func (d *desk) handle(ctx context.Context, i api.Interaction) {
	ctx, cancel := context.WithTimeout(ctx, d.within)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			d.log.ErrorContext(ctx, "handling an interaction panicked", slog.String("interaction", i.ID),
				slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		}
	}()
	d.handled.Add(1)
	d.handler.Handle(ctx, i)
}

func (d *desk) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	select {
	case d.slots <- struct{}{}:
		d.busy.Add(1)
		return true
	default:
		return false
	}
}

func (d *desk) leave() {
	<-d.slots
	d.busy.Done()
}

// close lets nobody in any more and waits for those inside.
func (d *desk) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.busy.Wait()
}

// complain logs at most once in ten seconds: what is counted need not be said each time.
func (d *desk) complain(ctx context.Context, message string, attrs ...slog.Attr) {
	now, last := time.Now().Unix(), d.complained.Load()
	if now-last >= 10 && d.complained.CompareAndSwap(last, now) {
		d.log.LogAttrs(ctx, slog.LevelWarn, message, attrs...)
	}
}
