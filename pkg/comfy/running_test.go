package comfy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// play runs a test in virtual time, against a stage, with a running Conn.
func play(t *testing.T, test func(*testing.T, *running)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &running{stage: newStage(t), t: t}
		r.begin()
		test(t, r)
	})
}

// running is a Conn that runs, and what it told.
type running struct {
	t      *testing.T
	stage  *stage
	conn   *Conn
	open   atomic.Int64
	cancel context.CancelFunc
	result chan error

	mu   sync.Mutex
	told []string
	last []Event
}

func (r *running) begin() { r.beginWith(func(*ConnConfig) {}) }

func (r *running) beginWith(change func(*ConnConfig)) {
	config := ConnConfig{
		ClientID: "ours",
		Sink:     r.sink,
		Open:     func() int { return int(r.open.Load()) },
	}
	change(&config)
	r.conn = r.stage.client.Conn(config)
	ctx, cancel := context.WithCancel(r.t.Context())
	r.cancel, r.result = cancel, make(chan error, 1)
	go func() { r.result <- r.conn.Run(ctx) }()
	r.t.Cleanup(func() { _ = r.stop() })
}

// stop ends the Conn and gives what Run returned.
func (r *running) stop() error {
	r.cancel()
	err := <-r.result
	r.result <- err
	return err
}

func (r *running) sink(generation uint64, e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := strings.TrimPrefix(fmt.Sprintf("%T", e), "comfy.")
	if d, ok := e.(Disconnected); ok && d.Deaf {
		name += " deaf"
	}
	r.told = append(r.told, fmt.Sprintf("%d %s", generation, name))
	r.last = append(r.last, e)
}

func (r *running) events() []string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.told)
}

func (r *running) find(name string) Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.Index(r.told, name); i >= 0 {
		return r.last[i]
	}
	r.t.Fatalf("no event %q in %q", name, r.told)
	return nil
}

func (r *running) want(events ...string) {
	r.t.Helper()
	if diff := cmp.Diff(events, r.events()); diff != "" {
		r.t.Errorf("events (-want +got):\n%s", diff)
	}
}

// order checks what the server saw of its sockets.
func (r *running) order(want ...string) {
	r.t.Helper()
	synctest.Wait()
	r.stage.mu.Lock()
	defer r.stage.mu.Unlock()
	if diff := cmp.Diff(want, r.stage.log); diff != "" {
		r.t.Errorf("sockets (-want +got):\n%s", diff)
	}
}

// reopened waits for the nth socket and checks how long after a moment it came.
func (r *running) reopened(n int, since time.Time, within time.Duration) *peer {
	r.t.Helper()
	p := r.stage.socket(n)
	if took := p.opened.Sub(since); took > within {
		r.t.Errorf("socket %d came after %v, want at most %v", n, took, within)
	}
	return p
}
