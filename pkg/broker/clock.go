package broker

import "time"

// clock reads time twice: one of the two stands still while a machine is
// suspended, and either may be the one that tells the truth about a lease.
type clock struct{ origin time.Time }

func newClock() clock { return clock{time.Now()} }

// instant is one moment on both clocks.
type instant struct {
	wall time.Time     // without a monotonic reading
	mono time.Duration // since the clock's origin
}

func (c clock) now() instant {
	now := time.Now()
	return instant{wall: now.Round(0), mono: now.Sub(c.origin)}
}

// since is how long ago the earlier moment was, by the clock that says more.
func (i instant) since(earlier instant) time.Duration {
	return max(i.wall.Sub(earlier.wall), i.mono-earlier.mono)
}
