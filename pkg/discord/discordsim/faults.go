package discordsim

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Fault is something that goes wrong with REST requests on purpose.
type Fault struct {
	// Route is a part of "METHOD /path" of the requests that are meant, as in "PATCH /webhooks/"; "" is all of REST.
	// Files are no part of that: "GET /attachments/" is for them.
	Route string
	Times int       // how many requests it meets; 0: until it is mended
	Until time.Time // by Now; zero: until it is mended
	// Wait passes before anything is done, on the real clock.
	Wait time.Duration
	// Linger passes after it was done and before it is answered, on the real clock; AnswerHeld is told meanwhile.
	Linger time.Duration
	// Status is answered instead of what should be; 0 answers as ever. With 5xx and without Code the body is that of a
	// proxy, no JSON.
	Status int
	Code   int    // Discord's, as in 50001
	Text   string // Discord's message
	Retry  time.Duration
	Global bool   // of a 429
	Scope  string // of a 429: user, global, shared
	// Done: what was asked is done all the same, and only its answer is lost.
	Done bool
}

type fault struct {
	Fault
	left int
}

// faultBox is all that is broken. It is guarded by Server.mu.
type faultBox struct {
	list       []*fault
	words      []string // that AutoMod refuses
	revoked    bool
	inlineRace bool
	twice      int // so many more interactions are told twice
}

// Break begins a fault; mend ends it.
func (s *Server) Break(f Fault) (mend func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := &fault{Fault: f, left: f.Times}
	s.faults.list = append(s.faults.list, b)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.faults.remove(b)
	}
}

// Mend ends everything that Break began.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.list = nil
}

func (b *faultBox) remove(f *fault) {
	b.list = slices.DeleteFunc(b.list, func(o *fault) bool { return o == f })
}

// Block makes AutoMod refuse messages in guilds that have one of the words in their texts, from now on; none lifts
// that.
func (s *Server) Block(words ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.words = slices.Clone(words)
}

// Revoke makes the bot's token one that is not accepted, by REST and gateway, or accepted again.
func (s *Server) Revoke(revoked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.revoked = revoked
}

// RaceInline makes first answers that come inline in HTTP responses unknown to the other routes for
// Limits.InlineSettles, as Discord does at times.
func (s *Server) RaceInline(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.inlineRace = on
}

// Deny takes permissions from the bot in a channel; 0 gives all back that an overwrite took.
func (s *Server) Deny(channel ID, deny Permission) { s.Overwrite(channel, s.App().Bot, 0, deny) }

// meet is the fault that a request meets, or nil; route is "METHOD /path" without /api and version.
func (b *faultBox) meet(route string, now time.Time) *Fault {
	for _, f := range b.list {
		if !f.means(route) {
			continue
		}
		if !f.Until.IsZero() && now.After(f.Until) {
			b.remove(f)
			return b.meet(route, now)
		}
		if f.Times > 0 {
			if f.left--; f.left == 0 {
				b.remove(f)
			}
		}
		return &f.Fault
	}
	return nil
}

// means reports whether a route is one that the fault is for; those of the CDN
// have to be named.
func (f *Fault) means(route string) bool {
	const cdn = "GET /attachments/"
	return strings.Contains(route, f.Route) && (!strings.HasPrefix(route, cdn) || strings.Contains(f.Route, "/attachments"))
}

// blocked says whether AutoMod refuses a message.
func (b *faultBox) blocked(m *Message) bool {
	if m.Guild == 0 || len(b.words) == 0 {
		return false
	}
	text := strings.ToLower(m.text())
	return slices.ContainsFunc(b.words, func(w string) bool { return strings.Contains(text, strings.ToLower(w)) })
}

// text is everything that can be read in a message.
func (m *Message) text() string {
	parts := []string{m.Content}
	for _, e := range m.Embeds {
		parts = append(parts, textOf(e, "title"), textOf(e, "description"), textOf(objectOf(e, "footer"), "text"))
		for _, f := range objectsOf(e, "fields") {
			parts = append(parts, textOf(f, "name"), textOf(f, "value"))
		}
	}
	for c := range nested(m.Components) {
		parts = append(parts, textOf(c, "content"), textOf(c, "label"), textOf(c, "placeholder"))
	}
	return strings.Join(parts, "\n")
}

// error is what a broken Discord answers, or nil.
func (f *Fault) error() *apiError {
	if f.Status == 0 {
		return nil
	}
	return &apiError{
		Status: f.Status, Code: f.Code, Message: cmp.Or(f.Text, http.StatusText(f.Status)), Retry: f.Retry, Global: f.Global,
		Scope: cmp.Or(f.Scope, "user"), Plain: f.Code == 0 && f.Status >= http.StatusInternalServerError,
	}
}

// pause lets d pass, unless the request or the server ends.
func (s *Server) pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	case <-s.done:
	}
}
