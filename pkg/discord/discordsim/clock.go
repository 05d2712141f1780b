package discordsim

import (
	"sync/atomic"
	"time"
)

// clock is a time that can be moved forward. Its zero value is not usable; see newClock.
type clock struct {
	base   func() time.Time
	offset atomic.Int64
}

func newClock(base func() time.Time) *clock {
	if base == nil {
		base = time.Now
	}
	return &clock{base: base}
}

func (c *clock) now() time.Time { return c.base().Add(time.Duration(c.offset.Load())) }

// Now is the time of this Discord. An ingress that is tested against it uses the same function.
func (s *Server) Now() time.Time { return s.clock.now() }

// Advance moves the time of this Discord forward by d; tokens age, buckets refill, links expire. Nobody is woken:
// what depends on the time looks at Now.
func (s *Server) Advance(d time.Duration) { s.clock.offset.Add(int64(max(d, 0))) }
