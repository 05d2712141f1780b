package board

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"discomfy/pkg/broker"
)

// claims is a store of claims whose time is the bubble's. Like the broker's it
// takes none that is to last longer than it keeps them.
type claims struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (c *claims) Claim(_ context.Context, key string, ttl time.Duration) (bool, error) {
	if ttl > broker.LongestClaim {
		return false, fmt.Errorf("claim %s for %v", key, ttl)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Now().Before(c.until[key]) {
		return false, nil
	}
	if c.until == nil {
		c.until = map[string]time.Time{}
	}
	c.until[key] = time.Now().Add(ttl)
	return true, nil
}

func (c *claims) Claimed(_ context.Context, key string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Before(c.until[key]), nil
}

// hit is a call as Discord sees it: some time after its slot was taken.
type hit struct {
	at  time.Time
	end bool
	won time.Duration // how long it waited for the slot
}

// crowd lets replicas ask for the slots of one channel, and returns what
// arrives at Discord. Each of the replicas wants n calls, every so often, of
// which some are ends.
func crowd(t *testing.T, s slots, replicas, n int, every time.Duration, ends int) []hit {
	t.Helper()
	store := &claims{}
	var mu sync.Mutex
	var all []hit
	var group sync.WaitGroup
	for range replicas {
		b := newBudget(store)
		for i := range n {
			group.Go(func() {
				time.Sleep(time.Duration(i) * every) // synctest
				began := time.Now()
				end := i%ends == 0
				if err := b.take(t.Context(), s, "1", end); err != nil {
					t.Errorf("take: %v", err)
					return
				}
				waited := time.Since(began)
				time.Sleep(rand.N(900 * time.Millisecond)) // synctest: the way to Discord
				mu.Lock()
				defer mu.Unlock()
				all = append(all, hit{time.Now(), end, waited})
			})
		}
	}
	group.Wait()
	slices.SortFunc(all, func(a, b hit) int { return a.at.Compare(b.at) })
	return all
}

// most is the largest number of arrivals in any window.
func most(all []hit, window time.Duration) (n int) {
	for i := range all {
		in := 0
		for _, a := range all[i:] {
			if a.at.Sub(all[i].at) < window {
				in++
			}
		}
		n = max(n, in)
	}
	return n
}

func TestReplicasShareTheBudgetOfAChannel(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		slots  slots
		burst  int
		window time.Duration
	}{
		"edits":                 {editSlots, 5, 5 * time.Second},
		"edits of old messages": {oldSlots, 3, 6 * time.Second},
		"new messages":          {postSlots, 5, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				all := crowd(t, c.slots, 3, 20, 100*time.Millisecond, 3)
				if n := most(all, c.window); n > c.burst {
					t.Errorf("%d calls arrived within %v, Discord takes %d", n, c.window, c.burst)
				}
				if len(all) != 60 {
					t.Errorf("%d of 60 calls arrived", len(all))
				}
			})
		})
	}
}

// Running cards take every slot that they may have, in all replicas. An end
// waits until a slot has passed, and then the slot is its own: with one end
// every two seconds for five seconds at most, however the others fall.
func TestEndsDoNotWaitForTheOthers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		slots  slots
		every  time.Duration // between two ends
		within time.Duration
	}{
		"edits":                 {editSlots, 2 * time.Second, 5 * time.Second},
		"edits of old messages": {oldSlots, 2 * time.Second, 5 * time.Second},
		"many edits":            {editSlots, 0, 7 * time.Second},
		"many of old messages":  {oldSlots, 0, 8 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &claims{}
				replicas := []*budget{newBudget(store), newBudget(store), newBudget(store)}
				stop := crave(t, replicas)
				worst := time.Duration(0)
				for i := range 100 {
					began := time.Now()
					needed := store.needed(c.slots)
					if err := replicas[i%3].take(t.Context(), c.slots, "1", true); err != nil {
						t.Fatal(err)
					}
					waited := time.Since(began)
					// Meanwhile others may take the wider bucket's, which they do not know to be wanted.
					if c.slots.wider == nil && waited > needed+2*endLooksAgain {
						t.Errorf("an end waited for %v, the next slot was free after %v", waited, needed)
					}
					worst = max(worst, waited)
					time.Sleep(c.every - waited + rand.N(500*time.Millisecond)) // synctest
				}
				if worst > c.within {
					t.Errorf("an end waited for %v", worst)
				}
				stop()
			})
		})
	}
}

// crave lets running cards want every slot of channel 1, until the returned
// function is called.
func crave(t *testing.T, replicas []*budget) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for _, b := range replicas {
		for i := range 40 {
			s := []slots{editSlots, oldSlots}[i%2]
			group.Go(func() {
				for b.take(ctx, s, "1", false) == nil {
				}
			})
		}
	}
	time.Sleep(time.Minute) // synctest: until every bucket is in use
	return func() { cancel(); group.Wait() }
}

// needed is how long it takes until a slot of each bucket is free.
func (c *claims) needed(s slots) time.Duration {
	wider := time.Duration(0)
	if s.wider != nil {
		wider = c.needed(*s.wider)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	first := time.Duration(math.MaxInt64)
	for n := range s.count {
		first = min(first, time.Until(c.until[s.key("1", n)]))
	}
	return max(first, wider)
}

// Old messages are edited among all the others of their channel.
func TestOldMessagesShareTheBudgetOfTheirChannel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &claims{}
		var mu sync.Mutex
		var all, old []hit
		var group sync.WaitGroup
		for range 3 {
			b := newBudget(store)
			for i := range 60 {
				s := []slots{editSlots, oldSlots}[i%2]
				group.Go(func() {
					if err := b.take(t.Context(), s, "1", i%5 == 0); err != nil {
						t.Errorf("take: %v", err)
					}
					time.Sleep(rand.N(900 * time.Millisecond)) // synctest: the way to Discord
					mu.Lock()
					defer mu.Unlock()
					all = append(all, hit{at: time.Now()})
					if s.wider != nil {
						old = append(old, hit{at: time.Now()})
					}
				})
			}
		}
		group.Wait()
		if n := most(all, 5*time.Second); n > 5 {
			t.Errorf("%d edits arrived within 5 s", n)
		}
		if n := most(old, 6*time.Second); n > 3 {
			t.Errorf("%d edits of old messages arrived within 6 s", n)
		}
		if len(all) != 180 {
			t.Errorf("%d of 180 edits arrived", len(all))
		}
	})
}

func TestABudgetForgetsChannels(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b := newBudget(&claims{})
		channels := rapid.SliceOfN(rapid.StringMatching(`[0-9]{3}`), 1, 20).Draw(rt, "channels")
		for _, c := range channels {
			if err := b.take(t.Context(), postSlots, c+rapid.StringMatching(`[0-9]{9}`).Draw(rt, "rest"), true); err != nil {
				rt.Fatal(err)
			}
		}
		if len(b.lanes) != 0 {
			rt.Fatalf("%d channels are still remembered", len(b.lanes))
		}
	})
}

func TestAPausedChannelIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(&claims{})
		b.pause(editSlots, "1", time.Minute)
		began := time.Now()
		if err := b.take(t.Context(), editSlots, "1", true); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited < time.Minute {
			t.Errorf("taken after %v", waited)
		}
		if err := b.take(t.Context(), editSlots, "2", true); err != nil {
			t.Fatal(err)
		}
	})
}
