package desk

import (
	"time"

	"discomfy/pkg/broker"
)

// watched is what is known, by our clock alone, of the age of the orders that
// are kept: it may be far from the server's, and an order that is still being
// placed is nobody else's.
type watched struct {
	looked time.Time // when the last look began that saw all; zero before that
	orders map[string]sighting
}

// sighting is when a kept order was seen first, and when it was not there yet;
// zero where that is not known.
type sighting struct {
	revision      broker.Revision
	first, before time.Time
}

// see notes an order in a look that began then; seen is what the look has found
// so far.
func (w *watched) see(o broker.KeptOrder, seen map[string]sighting, began time.Time) sighting {
	s := sighting{revision: o.Revision, first: time.Now(), before: w.looked}
	if _, twice := seen[o.Key]; twice { // it was kept anew meanwhile
		s.before = began
	} else if old := w.orders[o.Key]; old.revision == o.Revision {
		s = old
	}
	seen[o.Key] = s
	return s
}

// older reports whether an order has been kept for longer than that. The
// server's clock decides where ours can not tell.
func (s sighting) older(o broker.KeptOrder, than time.Duration) bool {
	switch {
	case time.Since(s.first) > than:
		return true
	case !s.before.IsZero() && time.Since(s.before) <= than:
		return false
	}
	return time.Since(o.Stored) > than
}
