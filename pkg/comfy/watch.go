package comfy

import (
	"context"
	"fmt"
	"time"
)

const (
	watchEvery  = 250 * time.Millisecond
	secondLook  = 500 * time.Millisecond // after a first one that disagreed
	lookWithin  = 2 * time.Second        // for an answer of GET /queue or /features
	pingsMissed = 3
)

// watch ends the session when what must arrive does not, or nothing does.
func (s *session) watch(ctx context.Context) {
	if !s.awaitHello(ctx) {
		return
	}
	config := &s.conn.config
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	looked, pinged := time.Now(), time.Now()
	late := false // a status was overdue at the last tick
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// Twice, because after a standstill of this process the frames
		// wait to be read while the time is already over.
		overdue := s.facts.overdue()
		if overdue && late {
			s.end(fmt.Errorf("%w: no status after an accepted submission", ErrDeaf))
			return
		}
		late = overdue
		if time.Since(pinged) >= config.PingEvery {
			pinged = time.Now()
			if !s.alive() {
				return
			}
		}
		if s.silent() && time.Since(looked) >= config.SilentFor && config.Open() > 0 {
			if reason := s.inspect(ctx); reason != "" {
				s.end(fmt.Errorf("%w: %s", ErrDeaf, reason))
				return
			}
			looked = time.Now()
		}
	}
}

// awaitHello waits for the first frames of a connection.
func (s *session) awaitHello(ctx context.Context) bool {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for began := time.Now(); !s.connected(); {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
		if time.Since(began) < s.conn.config.FlagsWithin {
			continue
		}
		if err := s.withoutHello(ctx); err != nil {
			s.end(err)
			return false
		}
	}
	return true
}

// withoutHello decides what it means that no flags came: servers from before
// July 2025 have none.
func (s *session) withoutHello(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	has, err := s.conn.client.hasFeatureFlags(ctx)
	switch {
	case s.connected():
		return nil
	case err != nil:
		return fmt.Errorf("no answer to feature_flags: %w", err)
	case has:
		return fmt.Errorf("%w: no answer to feature_flags", ErrDeaf)
	}
	return s.beginWithout()
}

// alive pings, and ends a session in which nothing came back for several pings.
func (s *session) alive() bool {
	bound := pingsMissed * s.conn.config.PingEvery
	if s.facts.lifeless() > bound {
		s.end(fmt.Errorf("%w: no sign of life for %v", ErrUnavailable, bound))
		return false
	}
	if err := s.socket.ping(); err != nil {
		s.end(fmt.Errorf("%w: ping: %w", ErrUnavailable, err))
		return false
	}
	return true
}

func (s *session) silent() bool {
	return time.Since(s.facts.look().last) >= s.conn.config.SilentFor
}

// inspect compares the facts with the queue, twice, and says how they differ. A
// frame that arrives meanwhile shows that the socket hears; a queue that cannot be
// read shows nothing.
func (s *session) inspect(ctx context.Context) string {
	before := s.facts.look()
	if s.compare(ctx, before) == "" {
		return ""
	}
	sleep(ctx, secondLook)
	return s.compare(ctx, before)
}

func (s *session) compare(ctx context.Context, before snapshot) string {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	q, err := s.conn.client.Queue(ctx)
	if err != nil || s.facts.look() != before {
		return ""
	}
	return before.disagreement(q, s.clientID)
}
