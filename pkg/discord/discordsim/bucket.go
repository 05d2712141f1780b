package discordsim

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// class is a group of routes that share a bucket for each major parameter.
type class string

const (
	classGlobal   class = "global"
	classCallback class = "callback"
	classToken    class = "token"
	classSend     class = "send"
	classEdit     class = "edit"
	classOldEdit  class = "old"
	classDelete   class = "delete"
	classOther    class = "other"
)

type bucketKey struct {
	class class
	major string // token, channel or route
}

// window counts requests until it ends; then the bucket is full again.
type window struct {
	used int
	ends time.Time
}

// buckets are the windows that did not end long ago.
type buckets map[bucketKey]*window

const maxBuckets = 20_000

// standing is where a request stands in its bucket.
type standing struct {
	key   bucketKey
	limit int
	left  int
	ends  time.Time
	ok    bool
}

// take counts a request in a bucket, if there is room.
func (b buckets) take(key bucketKey, size Bucket, now time.Time) standing {
	w := b[key]
	if w == nil || !now.Before(w.ends) {
		if len(b) >= maxBuckets {
			b.sweep(now)
		}
		w = &window{ends: now.Add(size.Per)}
		b[key] = w
	}
	st := standing{key: key, limit: size.Burst, ends: w.ends, ok: w.used < size.Burst}
	if st.ok {
		w.used++
	}
	st.left = size.Burst - w.used
	return st
}

func (b buckets) sweep(now time.Time) {
	for key, w := range b {
		if !now.Before(w.ends) {
			delete(b, key)
		}
	}
}

func (l *Limits) bucket(c class) Bucket {
	switch c {
	case classGlobal:
		return l.Global
	case classCallback:
		return l.Callback
	case classToken:
		return l.Token
	case classSend:
		return l.Send
	case classEdit:
		return l.Edit
	case classOldEdit:
		return l.OldEdit
	case classDelete:
		return l.Delete
	}
	return l.Other
}

// admit counts a request in all buckets that it belongs to: the global one unless it is by interaction token, its
// route's, and that of old messages. Called with mu held.
func (s *Server) admit(c *call) (standing, *apiError) {
	now := c.now
	if c.route.bot && s.limits.Global.Burst > 0 {
		if st := s.buckets.take(bucketKey{class: classGlobal}, s.limits.Global, now); !st.ok {
			return standing{}, limited(st.ends.Sub(now), true)
		}
	}
	size := s.limits.bucket(c.route.class)
	if size.Burst == 0 {
		return standing{}, nil
	}
	st := s.buckets.take(bucketKey{c.route.class, c.major()}, size, now)
	if !st.ok {
		return st, limited(st.ends.Sub(now), false)
	}
	return st, s.admitOld(c)
}

// admitOld counts edits of messages that are older than an hour.
func (s *Server) admitOld(c *call) *apiError {
	if c.route.class != classEdit || s.limits.OldEdit.Burst == 0 {
		return nil
	}
	m := s.world.messages[c.id("message")]
	if m == nil || c.now.Sub(m.Created) <= s.limits.OldAfter {
		return nil
	}
	st := s.buckets.take(bucketKey{classOldEdit, c.major()}, s.limits.OldEdit, c.now)
	if st.ok {
		return nil
	}
	e := limited(st.ends.Sub(c.now), false)
	e.Code = 30046
	e.Message = "Maximum number of edits to messages older than 1 hour reached. Try again later"
	return e
}

// tell writes the headers of a bucket; a request without one has none.
func (st standing) tell(h http.Header, now time.Time) {
	if st.limit == 0 {
		return
	}
	h.Set("X-Ratelimit-Limit", strconv.Itoa(st.limit))
	h.Set("X-Ratelimit-Remaining", strconv.Itoa(max(st.left, 0)))
	h.Set("X-Ratelimit-Reset", fmt.Sprintf("%.3f", float64(st.ends.UnixMilli())/1000))
	h.Set("X-Ratelimit-Reset-After", fmt.Sprintf("%.3f", max(st.ends.Sub(now).Seconds(), 0)))
	h.Set("X-Ratelimit-Bucket", "sim-"+string(st.key.class))
}

// tellLimited writes the headers of a 429.
func (e *apiError) tellLimited(h http.Header) {
	h.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.Retry.Seconds()))))
	h.Set("X-Ratelimit-Scope", e.Scope)
	if e.Global {
		h.Set("X-Ratelimit-Global", "true")
	}
}
