package source

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"discomfy/pkg/discord/api"
)

// gate is a handler that waits to be let go.
type gate struct {
	in  chan string
	out chan struct{}
}

func newGate() *gate { return &gate{make(chan string, 100), make(chan struct{})} }

func (g *gate) Handle(_ context.Context, i api.Interaction) {
	g.in <- i.ID
	<-g.out
}

func testDesk(h Handler, slots int, within time.Duration) *desk {
	return newDesk(h, time.Now, slots, within, slog.New(slog.DiscardHandler))
}

func TestSoManyAtOnceAndNoMore(t *testing.T) {
	t.Parallel()
	h := newGate()
	d := testDesk(h, 3, time.Minute)
	for n := range 5 {
		d.hand(t.Context(), []byte(payload(id(n))))
	}
	for range 3 {
		<-h.in
	}
	if n := d.refused.Load(); n != 2 {
		t.Errorf("%d were refused", n)
	}
	close(h.out)
	d.close()
	if n := d.handled.Load(); n != 3 {
		t.Errorf("%d were handled", n)
	}
	d.hand(t.Context(), []byte(payload(id(9))))
	if n := d.handled.Load() + d.refused.Load(); n != 6 {
		t.Error("a closed desk takes more")
	}
}

func TestRunReturnsWhenAllHandlersHave(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(p *peer) { p.greet(time.Minute); p.interaction(id(1)); p.ends() })
	h := newGate()
	g := NewGateway(quick(f), h)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	<-h.in
	cancel()
	until(t, "it stops", func() bool { return contains(g.Ready(), "stopped") })
	select {
	case err := <-ended:
		t.Errorf("Run returned before the handler: %v", err)
	default:
	}
	close(h.out)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// probe tells what a handler's context is like.
type probe func(ctx context.Context, i api.Interaction)

func (p probe) Handle(ctx context.Context, i api.Interaction) { p(ctx, i) }

func TestAHandlersContextIsBoundedAndOutlivesTheConnection(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan error, 1)
	d := testDesk(probe(func(inner context.Context, _ api.Interaction) {
		cancel()
		got <- inner.Err()
		<-inner.Done()
	}), 1, 50*time.Millisecond)
	d.hand(ctx, []byte(payload(id(1))))
	if err := <-got; err != nil {
		t.Errorf("it ended with the connection: %v", err)
	}
	d.close() // hangs if the context has no end
}

func TestAPanicTakesNobodyAlong(t *testing.T) {
	t.Parallel()
	d := testDesk(probe(func(context.Context, api.Interaction) { panic("odd") }), 1, time.Minute)
	d.hand(t.Context(), []byte(payload(id(1))))
	d.close()
	if n := d.handled.Load(); n != 1 {
		t.Errorf("%d were handled", n)
	}
}

func TestWhatCannotBeReadIsCounted(t *testing.T) {
	t.Parallel()
	h := newSeen()
	d := testDesk(h, 1, time.Minute)
	d.hand(t.Context(), []byte(`{"id":"x"}`))
	d.close()
	if n := d.odd.Load(); n != 1 || len(h.ids) != 0 {
		t.Errorf("counted %d, handled %d", n, len(h.ids))
	}
}
