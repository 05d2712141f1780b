package board

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// claims is a store of claims whose time is the bubble's.
type claims struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (c *claims) Claim(_ context.Context, key string, ttl time.Duration) (bool, error) {
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

func TestEndsDoNotWaitForTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &claims{}
		replicas := []*budget{newBudget(store), newBudget(store), newBudget(store)}
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for _, b := range replicas {
			for range 40 { // running cards that would take every slot
				group.Go(func() {
					for b.take(ctx, editSlots, "1", false) == nil {
					}
				})
			}
		}
		var worst time.Duration
		for i := range 60 {
			time.Sleep(3 * time.Second) // synctest
			began := time.Now()
			if err := replicas[i%3].take(ctx, editSlots, "1", true); err != nil {
				t.Fatal(err)
			}
			worst = max(worst, time.Since(began))
		}
		cancel()
		group.Wait()
		if worst > 3*time.Second {
			t.Errorf("an end waited for %v", worst)
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
