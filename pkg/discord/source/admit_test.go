package source

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// lock is a Locker in memory.
type lock struct {
	mu     sync.Mutex
	until  map[string]time.Time
	claims []string
	err    error
}

func (l *lock) Claim(_ context.Context, key string, ttl time.Duration) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.claims = append(l.claims, key)
	if l.err != nil {
		return false, l.err
	}
	if time.Now().Before(l.until[key]) {
		return false, nil
	}
	if l.until == nil {
		l.until = map[string]time.Time{}
	}
	l.until[key] = time.Now().Add(ttl)
	return true, nil
}

func TestReplicasBeginOneAfterTheOther(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var begun []time.Time
	f := newFake(t, func(p *peer) {
		p.hello(time.Minute)
		p.expect(2)
		mu.Lock()
		begun = append(begun, time.Now())
		mu.Unlock()
		p.event("READY", `{"v":9,"session_id":"s1","guilds":[]}`)
		p.ends()
	})
	locker := &lock{}
	var gateways []*Gateway
	for range 3 {
		c := quick(f)
		c.Locker, c.IdentifyGap = locker, time.Second
		g, _ := start(t, c, newSeen())
		gateways = append(gateways, g)
	}
	until(t, "all are ready", func() bool {
		for _, g := range gateways {
			if g.Ready() != nil {
				return false
			}
		}
		return true
	})
	mu.Lock()
	defer mu.Unlock()
	if len(begun) != 3 {
		t.Fatalf("%d sessions began", len(begun))
	}
	// Each connects after it has claimed, which takes a while of its own: two claims may
	// be a second apart, and what follows them less.
	if first, last := begun[0], begun[2]; last.Sub(first) < time.Second {
		t.Errorf("three sessions began within %v", last.Sub(first))
	}
	for _, key := range locker.claims {
		if key != "identify-10-0" {
			t.Errorf("claimed %q", key)
		}
	}
}

func TestShardsShareTheLockByTheirNumber(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(p *peer) {
		p.hello(time.Minute)
		if d := string(p.expect(2).D); !strings.Contains(d, `"shard":[17,20]`) {
			t.Errorf("identified by %s", d)
		}
		p.event("READY", `{"v":9,"session_id":"s1","guilds":[]}`)
		p.ends()
	})
	f.budget = `{"total":1000,"remaining":1000,"reset_after":0,"max_concurrency":16}`
	c, locker := quick(f), &lock{}
	c.Locker, c.App, c.Shard = locker, "11", Shard{ID: 17, Count: 20}
	g, _ := start(t, c, newSeen())
	until(t, "it is ready", func() bool { return g.Ready() == nil })
	if locker.claims[0] != "identify-11-1" {
		t.Errorf("claimed %q", locker.claims[0])
	}
}

func TestALockThatCannotBeAskedForIsDoneWithout(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(p *peer) { p.greet(time.Minute); p.interaction(id(1)); p.ends() })
	c := quick(f)
	c.Locker = &lock{err: errors.New("nats is down")}
	h := newSeen()
	_, _ = start(t, c, h)
	h.await(t, id(1))
}

// notes is a log that is read while it is written.
type notes struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.buf.Write(p)
}

func (n *notes) count(text string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Count(n.buf.String(), text)
}

func TestASpentBudgetIsWaitedFor(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(p *peer) { p.greet(time.Minute); p.interaction(id(1)); p.ends() })
	f.budget = `{"total":1000,"remaining":2,"reset_after":100,"max_concurrency":1}`
	log := &notes{}
	c, h := quick(f), newSeen()
	c.Log = slog.New(slog.NewTextHandler(log, nil))
	g, _ := start(t, c, h)
	until(t, "it says why it waits", func() bool { return contains(g.Ready(), "no new session before") })
	if n := f.connections(); n != 0 {
		t.Errorf("%d connections", n)
	}
	f.mu.Lock()
	f.budget = `{"total":1000,"remaining":1000,"reset_after":0,"max_concurrency":1}`
	f.mu.Unlock()
	h.await(t, id(1))
	if n := log.count("budget of new sessions"); n != 1 {
		t.Errorf("said %d times", n)
	}
}

func TestASmallBudgetIsSaidOnce(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(p *peer) {
		p.hello(time.Minute)
		<-p.in // IDENTIFY, or nothing where the test is over
		p.close(4000)
		p.ends()
	})
	f.budget = `{"total":1000,"remaining":50,"reset_after":100,"max_concurrency":1}`
	log := &notes{}
	c := quick(f)
	c.Log = slog.New(slog.NewTextHandler(log, nil))
	_, _ = start(t, c, newSeen())
	until(t, "it has connected often", func() bool { return f.connections() > 3 })
	if n := log.count("few new sessions"); n != 1 {
		t.Errorf("said %d times", n)
	}
}
