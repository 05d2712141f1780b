package api

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"
)

const (
	maxWait    = 15 * time.Second // for a limit; longer waits are the caller's
	targetIdle = 2 * time.Minute  // no known window is as long
	maxTargets = 20_000
	// resetMargin is waited longer than a limit says: it comes rounded to milliseconds,
	// and discordgo cuts one off (0.283 s are 282.999… ms to it).
	resetMargin = 25 * time.Millisecond
)

// target is what has a rate limit of its own. Its turn is taken by one call at a time;
// discordgo's bucket would be waited for without regard to contexts.
type target struct {
	turn    chan struct{}
	limiter *discordgo.RateLimiter
	bucket  *discordgo.Bucket
	free    atomic.Int64 // when the next call may go, in Unix nanoseconds
	freeOld atomic.Int64 // and when the next edit of an old message may

	users int       // of limits.mu
	used  time.Time // of limits.mu
}

func newTarget() *target {
	limiter := discordgo.NewRatelimiter()
	return &target{turn: make(chan struct{}, 1), limiter: limiter, bucket: limiter.GetBucket("")}
}

func (t *target) enter(ctx context.Context) error {
	select {
	case t.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t *target) leave() { <-t.turn }

// learn notes what the headers of an answer said, and how long a 429 said to wait.
// Only who has the turn may call it.
func (t *target) learn(after time.Duration) {
	wait := max(after, t.limiter.GetWaitTime(t.bucket, 1))
	if wait > 0 {
		wait += resetMargin
	}
	t.free.Store(time.Now().Add(wait).UnixNano())
}

// holdOld keeps edits of messages over an hour old from being sent. Their own limit is
// told by no header, only by its refusal.
func (t *target) holdOld(after time.Duration) {
	t.freeOld.Store(time.Now().Add(after).UnixNano())
}

func (t *target) wait(old bool) time.Duration {
	free := t.free.Load()
	if old {
		free = max(free, t.freeOld.Load())
	}
	return time.Until(time.Unix(0, free))
}

// limits keeps the targets that were used lately, and the limits above them all.
type limits struct {
	mu      sync.Mutex
	targets map[string]*target
	swept   time.Time
	paused  [2]atomic.Int64 // by route: when its next call may go, in Unix nanoseconds
}

// take finds or makes a target; put must follow. The empty key is a target for one call.
func (l *limits) take(key string) *target {
	if key == "" {
		return newTarget()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(time.Now())
	t := l.targets[key]
	if t == nil {
		t = newTarget()
		l.targets[key] = t
	}
	t.users++
	return t
}

func (l *limits) put(t *target) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.users--
	t.used = time.Now()
}

// sweep forgets targets that have been idle: now and then, or when there are too many.
func (l *limits) sweep(now time.Time) {
	if l.targets == nil {
		l.targets = map[string]*target{}
	}
	full := len(l.targets) >= maxTargets
	if !full && now.Sub(l.swept) < targetIdle/2 {
		return
	}
	l.swept = now
	for key, t := range l.targets {
		idle := t.users == 0 && now.Sub(t.used) > targetIdle && t.wait(true) <= 0
		if idle || (full && t.users == 0 && len(l.targets) > maxTargets/2) {
			delete(l.targets, key)
		}
	}
}

// look is how long the next call to a target would wait.
func (l *limits) look(key string, old bool, by route) time.Duration {
	l.mu.Lock()
	t := l.targets[key]
	l.mu.Unlock()
	wait := l.pause(by)
	if t != nil {
		wait = max(wait, t.wait(old))
	}
	return max(wait, 0)
}

func (l *limits) pause(by route) time.Duration {
	return time.Until(time.Unix(0, l.paused[by].Load()))
}

// stop holds all calls of a route for a while. A limit that was met with an
// interaction's token is the address's, and so also the bot's; the bot's own does not
// concern interactions.
func (l *limits) stop(by route, after time.Duration) {
	until := time.Now().Add(after).UnixNano()
	l.paused[byBot].Store(max(until, l.paused[byBot].Load()))
	if by == byToken {
		l.paused[byToken].Store(max(until, l.paused[byToken].Load()))
	}
}

func (l *limits) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.targets)
}
