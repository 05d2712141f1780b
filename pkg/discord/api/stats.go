package api

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Stats counts since the Client was made, unless it says otherwise.
type Stats struct {
	Calls   int64 // that Discord answered
	Limited int64 // answers of 429
	Global  int64 // of these, limits of the bot or of the address
	Waits   int64 // calls that were held back for their limit, or told to come again
	Dead    int64 // calls not made because the token was dead
	Refused int64 // answers of 50027 or 401 to an interaction's token
	Failed  int64 // answers of 5xx, and none
	Retried int64 // calls that were made again
	Invalid int64 // answers of 401, 403 and 429 in the last ten minutes: 10,000 of an address are a ban
	Targets int   // rate limits that are kept now
	Bodies  int64 // bytes of files of requests that are in memory now
}

type counts struct {
	calls, limited, global, waits, dead, refused, failed, retried, bodies atomic.Int64
	invalid                                                               window
}

// Stats reads the counters.
func (c *Client) Stats() Stats {
	n := &c.counts
	return Stats{
		Calls: n.calls.Load(), Limited: n.limited.Load(), Global: n.global.Load(), Waits: n.waits.Load(),
		Dead: n.dead.Load(), Refused: n.refused.Load(), Failed: n.failed.Load(), Retried: n.retried.Load(),
		Invalid: n.invalid.sum(time.Now()), Targets: c.limits.count(), Bodies: n.bodies.Load(),
	}
}

// note counts an answer, and says whether it is one of the kind that leads to a ban.
// A 429 of the scope "shared" is not.
func (n *counts) note(x *exchange, e *Error, by route) {
	n.calls.Add(1)
	if e == nil {
		return
	}
	shared := x.header.Get("X-Ratelimit-Scope") == "shared"
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		n.invalid.add(time.Now())
	case http.StatusTooManyRequests:
		n.limited.Add(1)
		if e.Global {
			n.global.Add(1)
		}
		if !shared {
			n.invalid.add(time.Now())
		}
	}
	if e.Status >= 500 {
		n.failed.Add(1)
	}
	if e.Kind == TokenDead && by == byToken {
		n.refused.Add(1)
	}
}

// window counts what happened in the last ten minutes, to the minute.
type window struct {
	mu    sync.Mutex
	slots [11]struct{ minute, n int64 }
}

func (w *window) add(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	minute := now.Unix() / 60
	slot := &w.slots[minute%int64(len(w.slots))]
	if slot.minute != minute {
		slot.minute, slot.n = minute, 0
	}
	slot.n++
}

func (w *window) sum(now time.Time) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var n int64
	for _, slot := range w.slots {
		if now.Unix()/60-slot.minute <= 10 {
			n += slot.n
		}
	}
	return n
}
