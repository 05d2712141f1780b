package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

var (
	errDropped = errors.New("the connection was closed")
	errZombie  = errors.New("no heartbeat was acknowledged")
)

// usualInterval is Discord's, as long as a session has not shown its own.
const usualInterval = 45 * time.Second

// pulse is what the watchdog knows of a connection's heartbeat.
type pulse struct {
	beat     time.Time     // when the last heartbeat was seen to be sent
	interval time.Duration // the longest between two of them; 0 before the second
	blocked  time.Time     // since when the session's lock has not been free
}

// watch returns when the connection is no longer good: with errStuck where the session
// is neither.
func (l *line) watch(ctx context.Context) error {
	tick := time.NewTicker(l.g.cfg.Tick)
	defer tick.Stop()
	var p pulse
	defer func() { l.lost = time.Now() }()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-l.down:
			l.g.counts.dropped.Add(1)
			// discordgo may still be closing; the next connection must not be taken for this one.
			return also(errDropped, l.shut(closeAgain))
		case <-tick.C:
		}
		if err := l.check(&p, time.Now()); err != nil {
			return err
		}
	}
}

// check takes the pulse.
func (l *line) check(p *pulse, now time.Time) error {
	acked, ok := l.feel(p, now)
	switch {
	case !ok && now.Sub(p.blocked) > l.g.cfg.StuckAfter:
		l.left.Store(true)
		l.hangUp()
		return errStuck
	case ok && now.Sub(acked) > cmp.Or(p.interval, usualInterval)*3/2:
		l.g.counts.zombies.Add(1)
		return also(errZombie, l.shut(closeAgain))
	}
	return nil
}

// feel reads when a heartbeat was last acknowledged, and learns the interval, which
// discordgo keeps to itself: it sets DataReady with every heartbeat, and nothing but
// its voice connections reads that.
func (l *line) feel(p *pulse, now time.Time) (acked time.Time, ok bool) {
	if !l.session.TryLock() {
		if p.blocked.IsZero() {
			p.blocked = now
		}
		return time.Time{}, false
	}
	defer l.session.Unlock()
	p.blocked = time.Time{}
	if l.session.DataReady {
		l.session.DataReady = false
		if !p.beat.IsZero() {
			p.interval = max(p.interval, now.Sub(p.beat))
		}
		p.beat = now
	}
	return l.session.LastHeartbeatAck, true
}

// also says two things in one line.
func also(err, more error) error {
	if more == nil {
		return err
	}
	return fmt.Errorf("%w: %w", err, more)
}
