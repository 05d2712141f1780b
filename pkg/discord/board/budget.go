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
	wider  *slots // a bucket to which the calls belong as well
}

// share is some of a bucket's slots, by their numbers.
type share func(s slots) []int

func all(s slots) []int    { return between(0, s.count) }
func common(s slots) []int { return between(0, s.free) }       // not kept for ends
func kept(s slots) []int   { return between(s.free, s.count) } // for ends
func least(slots) []int    { return between(0, 1) }            // what is left to the others in any case

func between(first, end int) []int {
	var all []int
	for n := first; n < end; n++ {
		all = append(all, n)
	}
	return all
}

// The buckets of a channel as we take them (discord.md 1.2). Where there is
// room one call fewer than people have observed; the three of old messages are
// all needed: with one for running cards and one for an end, the next end
// would wait until one of the two has passed.
var (
	editSlots = slots{prefix: "ch", count: 4, free: 2, life: 6 * time.Second}                    // of 5 in 5 s
	oldSlots  = slots{prefix: "od", count: 3, free: 1, life: 7 * time.Second, wider: &editSlots} // of 3 in 6 s, messages over an hour old
	postSlots = slots{prefix: "po", count: 4, free: 4, life: 6 * time.Second}                    // of 5 in 5 s, new messages
	readSlots = slots{prefix: "rd", count: 4, free: 4, life: 6 * time.Second}                    // of 5 in 5 s as well, looks at a message
)

const (
	// lookAgain is about how often a slot is looked for. Between two looks an end
	// that waits anywhere has looked at least once.
	lookAgain = 3 * endLooksAgain
	// endLooksAgain is the same for an end, which people wait for.
	endLooksAgain = 100 * time.Millisecond
	// patience is how long who waits for the slot that ends have left lets others
	// go first: cards that were edited of late let those have it that were not.
	patience = 15 * time.Second
)

// budget shares the calls of the bot's own token in a channel among all
// replicas. Ends come before everything else: here, since who waits for a slot
// is in a lane; and among the replicas, since some slots are kept for ends.
// While ends have taken all of those, the others have one slot left, and only
// when it is free at two looks in a row: an end that waits has found all taken,
// so that the next one is its own, and where none waits running cards still
// move, however many jobs end.
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

type waiter struct {
	end   bool
	since time.Time
	idle  bool // the slot that the others have left was free at the last look
}

// pause is the time until the next look.
func (w *waiter) pause() time.Duration {
	again := endLooksAgain
	if !w.end {
		again = lookAgain
	}
	return again/2 + rand.N(again)
}

func newBudget(c Claimer) *budget { return &budget{claims: c, lanes: map[string]*lane{}} }

func (s slots) bucket(channel string) string { return s.prefix + "-" + channel }

func (s slots) key(channel string, slot int) string {
	return s.bucket(channel) + "-" + strconv.Itoa(slot)
}

// take waits until a call may be made in the channel. Of two that wait here an
// end is first, then who came first.
func (b *budget) take(ctx context.Context, s slots, channel string, end bool) error {
	key := s.bucket(channel)
	w := &waiter{end: end, since: time.Now()}
	b.join(key, w)
	defer b.leave(key, w)
	for {
		if !b.first(key, w) || b.rests(s.wider, channel) {
			w.idle = false
		} else if ok, err := b.try(ctx, s, channel, w); ok {
			return nil
		} else if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := sleep(ctx, w.pause()); err != nil {
			return err
		}
	}
}

// try claims a slot of the bucket, and one of the wider bucket, if there are any
// for the call.
func (b *budget) try(ctx context.Context, s slots, channel string, w *waiter) (bool, error) {
	of, err := b.open(ctx, s, channel, w)
	if of == nil || err != nil {
		return false, err
	}
	return b.claim(ctx, s, channel, of, w.end)
}

// open is which slots are there for the call; nil for none.
func (b *budget) open(ctx context.Context, s slots, channel string, w *waiter) (share, error) {
	was := w.idle
	w.idle = false
	if w.end {
		return all, nil
	}
	if ok, err := b.spare(ctx, s, channel, kept); ok || err != nil {
		return common, err
	}
	idle, err := b.spare(ctx, s, channel, least)
	w.idle = idle && time.Since(w.since) > patience
	if !idle || !was {
		return nil, err
	}
	return least, err
}

// claim claims one of the slots: an end begins with those that are kept for it.
// None may be claimed long before the call, so that the narrower bucket is
// looked at first; a slot of the wider one is lost where somebody else is faster
// then.
func (b *budget) claim(ctx context.Context, s slots, channel string, of share, end bool) (bool, error) {
	if s.wider != nil {
		if ok, err := b.free(ctx, s, channel, of); !ok || err != nil {
			return false, err
		}
		if ok, err := b.claim(ctx, *s.wider, channel, of, end); !ok || err != nil {
			return false, err
		}
	}
	slots := of(s)
	if end {
		slices.Reverse(slots)
	}
	for _, n := range slots {
		ok, err := b.claims.Claim(ctx, s.key(channel, n), s.life)
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// spare reports whether one of the slots is not claimed, of each bucket, or
// whether a bucket has none such.
func (b *budget) spare(ctx context.Context, s slots, channel string, of share) (bool, error) {
	ok, err := b.free(ctx, s, channel, of)
	if !ok || err != nil || s.wider == nil {
		return ok, err
	}
	return b.spare(ctx, *s.wider, channel, of)
}

// free is spare for the bucket alone.
func (b *budget) free(ctx context.Context, s slots, channel string, of share) (bool, error) {
	slots := of(s)
	for _, n := range slots {
		taken, err := b.claims.Claimed(ctx, s.key(channel, n))
		if !taken || err != nil {
			return err == nil, err
		}
	}
	return len(slots) == 0, nil
}

// pause leaves the channel alone for a time that Discord has asked for.
func (b *budget) pause(s slots, channel string, d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lane(s.bucket(channel)).paused = time.Now().Add(d)
}

// rests reports whether Discord has asked to leave these calls alone.
func (b *budget) rests(s *slots, channel string) bool {
	if s == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lanes[s.bucket(channel)]
	return l != nil && time.Now().Before(l.paused)
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
