package board

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// busy is a channel in which jobs end one after the other while others run.
type busy struct {
	every  time.Duration // between two ends
	jitter time.Duration // of that
	old    int           // one of so many messages is old; 0: none
	cards  int           // that run, by the bot's token
}

// Jobs end every two seconds, in whatever rhythm, those of old messages as often
// as their bucket bears: no end waits for long, and of the few cards that run
// meanwhile none stands still. What ends leave is an edit every eight seconds or
// so for all cards of the channel together.
func TestCardsMoveWhileOthersEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]busy{
		"one card":               {every: 2 * time.Second, cards: 1},
		"one card, any rhythm":   {every: 2 * time.Second, jitter: 2 * time.Second, cards: 1},
		"two cards":              {every: 2 * time.Second, jitter: 500 * time.Millisecond, cards: 2},
		"a quarter is old":       {every: 2 * time.Second, old: 4, cards: 3},
		"all are old":            {every: 3 * time.Second, old: 1, cards: 1},
		"all are old, two cards": {every: 3 * time.Second, jitter: 500 * time.Millisecond, old: 1, cards: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				still, waited := c.run(t)
				t.Logf("cards stood still for up to %v, ends waited for up to %v", still.Round(time.Millisecond), waited.Round(time.Millisecond))
				if still > time.Minute {
					t.Errorf("a card stood still for %v", still)
				}
				if waited > 5*time.Second {
					t.Errorf("an end waited for %v", waited)
				}
			})
		})
	}
}

// run returns the longest time between two edits of a card, and the longest
// time that an end waited.
func (c busy) run(t *testing.T) (still, waited time.Duration) {
	t.Helper()
	const lasts = 15 * time.Minute
	store := &claims{}
	replicas := []*budget{newBudget(store), newBudget(store), newBudget(store)}
	ctx, stop := context.WithTimeout(t.Context(), lasts)
	defer stop()
	var mu sync.Mutex
	var group sync.WaitGroup
	note := func(longest *time.Duration, since time.Time) {
		mu.Lock()
		defer mu.Unlock()
		*longest = max(*longest, time.Since(since))
	}
	for i := range c.cards {
		group.Go(func() {
			for last := time.Now(); ctx.Err() == nil; {
				_ = replicas[i%3].take(ctx, c.slots(i), "1", false) // the context's end ends the loop
				note(&still, last)
				last = time.Now()
				_ = sleep(ctx, botGap)
			}
		})
	}
	next := time.Now()
	for i := 0; ctx.Err() == nil; i++ {
		group.Go(func() {
			began := time.Now()
			if err := replicas[rand.N(3)].take(t.Context(), c.slots(i), "1", true); err != nil {
				t.Error(err)
			}
			note(&waited, began)
		})
		next = next.Add(c.every)
		_ = sleep(ctx, time.Until(next)+rand.N(c.jitter+1))
	}
	group.Wait()
	return still, waited
}

// slots is the bucket of the i-th message.
func (c busy) slots(i int) slots {
	if c.old > 0 && i%c.old == 0 {
		return oldSlots
	}
	return editSlots
}
