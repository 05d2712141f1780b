package board

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Claimer hands out claims that all replicas see; broker.Broker is one.
type Claimer interface {
	Claim(ctx context.Context, key string, ttl time.Duration) (bool, error)
	Claimed(ctx context.Context, key string) (bool, error)
}

// slots is a number of calls that may be made in a time, each of which is a
// claim. The time is a second longer than that of Discord's bucket: between a
// claim and the arrival of its call some time passes, not always the same.
type slots struct {
	prefix string
	count  int
	free   int // the first few, which are not kept for ends
	life   time.Duration
}

// The buckets of a channel as we take them, one call below what people have
// observed (discord.md 1.2).
var (
	editSlots = slots{prefix: "ch", count: 4, free: 2, life: 6 * time.Second} // of 5 in 5 s
	oldSlots  = slots{prefix: "od", count: 2, free: 1, life: 7 * time.Second} // of 3 in 6 s, messages over an hour old
	postSlots = slots{prefix: "po", count: 4, free: 4, life: 6 * time.Second} // of 5 in 5 s, new messages
)

// lookAgain is how often a slot is looked for.
const lookAgain = 250 * time.Millisecond

// budget shares the calls of the bot's own token in a channel among all
// replicas. Ends come before everything else, here and, because some slots are
// kept for them, among the replicas.
type budget struct {
	claims Claimer
	mu     sync.Mutex
	lanes  map[string]*lane
}

// lane is who waits for a slot of one channel.
type lane struct {
	waiting []*waiter
	paused  time.Time // Discord asked to be left alone until then
}

type waiter struct{ end bool }

func newBudget(c Claimer) *budget { return &budget{claims: c, lanes: map[string]*lane{}} }

// take waits until a call may be made in the channel. Of two that wait here an
// end is first, then who came first.
func (b *budget) take(ctx context.Context, s slots, channel string, end bool) error {
	key := s.prefix + "-" + channel
	w := &waiter{end: end}
	b.join(key, w)
	defer b.leave(key, w)
	for {
		if b.first(key, w) {
			ok, err := b.try(ctx, s, key, end)
			if ok {
				return nil
			}
			if err != nil && ctx.Err() != nil {
				return ctx.Err()
			}
		}
		if err := sleep(ctx, lookAgain/2+rand.N(lookAgain)); err != nil {
			return err
		}
	}
}

// try claims one of the slots: an end begins with those that are kept for it.
func (b *budget) try(ctx context.Context, s slots, key string, end bool) (bool, error) {
	n := s.free
	if end {
		n = s.count
	}
	for i := range n {
		slot := i
		if end {
			slot = s.count - 1 - i
		}
		ok, err := b.claims.Claim(ctx, key+"-"+strconv.Itoa(slot), s.life)
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// pause leaves the channel alone for a time that Discord has asked for.
func (b *budget) pause(s slots, channel string, d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lane(s.prefix + "-" + channel).paused = time.Now().Add(d)
}

// lane is made where it is needed first; those that nobody needs any more go.
func (b *budget) lane(key string) *lane {
	l := b.lanes[key]
	if l != nil {
		return l
	}
	maps.DeleteFunc(b.lanes, func(_ string, l *lane) bool { return l.idle() })
	l = &lane{}
	b.lanes[key] = l
	return l
}

func (l *lane) idle() bool { return len(l.waiting) == 0 && time.Now().After(l.paused) }

func (b *budget) join(key string, w *waiter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lane(key)
	l.waiting = append(l.waiting, w)
}

func (b *budget) leave(key string, w *waiter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lanes[key]
	l.waiting = slices.DeleteFunc(l.waiting, func(o *waiter) bool { return o == w })
	if l.idle() {
		delete(b.lanes, key)
	}
}

// first reports whether it is the waiter's turn.
func (b *budget) first(key string, w *waiter) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lanes[key]
	if time.Now().Before(l.paused) {
		return false
	}
	next := l.waiting[0]
	if i := slices.IndexFunc(l.waiting, func(o *waiter) bool { return o.end }); i >= 0 {
		next = l.waiting[i]
	}
	return next == w
}

// sleep waits, or returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
