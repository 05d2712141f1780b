package discordsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	pageBacklog = 1024             // events that wait for a page; a slower page loads anew
	pagePulse   = 15 * time.Second // between comments that keep a connection alive
	pageLook    = 250 * time.Millisecond
)

// pageEvent is one event for a page. Kinds: "message" (new or edited), "deleted", "failed" (an interaction of the
// user), "world", "commands", "violation", and "reload" where the page missed something.
type pageEvent struct {
	Kind        string `json:"kind"`
	Now         int64  `json:"now"` // milliseconds of the fake's clock
	Message     Object `json:"message,omitempty"`
	ID          ID     `json:"id,omitzero"`
	Interaction ID     `json:"interaction,omitzero"`
	Text        string `json:"text,omitempty"`
}

// Visitors is how many pages are open now.
func (s *Server) Visitors() int { return int(s.pages.Load()) }

// pageEvents tells a page what happens in its channel.
func (s *Server) pageEvents(w http.ResponseWriter, r *http.Request) {
	s.pages.Add(1)
	defer s.pages.Add(-1)
	user, channel := pagePerson(r)
	sub := s.Subscribe(pageBacklog)
	defer sub.Close()
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	fmt.Fprint(w, "retry: 1000\n\n")
	pulse, look := time.NewTicker(pagePulse), time.NewTicker(pageLook)
	defer pulse.Stop()
	defer look.Stop()
	dropped := int64(0)
	for out.Flush() == nil {
		select {
		case e := <-sub.C:
			s.pageTell(w, sub, e, user, channel)
		case <-look.C:
			s.mu.Lock()
			s.expire()
			s.mu.Unlock()
		case <-pulse.C:
			fmt.Fprint(w, ": still here\n\n")
		case <-r.Context().Done():
			return
		case <-s.done:
			return
		}
		if n := sub.Dropped(); n != dropped {
			dropped = n
			writeEvent(w, pageEvent{Kind: "reload", Now: s.Now().UnixMilli()})
		}
	}
}

// pageTell writes an event and those that wait behind it; of several edits of a message only the last one.
func (s *Server) pageTell(w http.ResponseWriter, sub *Subscription, first Event, user, channel ID) {
	batch := []Event{first}
	for more := true; more && len(batch) < pageBacklog; {
		select {
		case e := <-sub.C:
			batch = append(batch, e)
		default:
			more = false
		}
	}
	last := map[ID]int{}
	for n, e := range batch {
		if e.ofMessage() {
			last[e.Message.ID] = n
		}
	}
	for n, e := range batch {
		if e.ofMessage() && last[e.Message.ID] != n {
			continue
		}
		if p, ok := s.pageEventOf(e, user, channel); ok {
			writeEvent(w, p)
		}
	}
}

// ofMessage says whether an event tells how a message is now. Answers to interactions have a message too.
func (e *Event) ofMessage() bool {
	return e.Kind == MessageCreated || e.Kind == MessageUpdated || e.Kind == MessageDeleted
}

// pageEventOf is an event as a page sees it, if it does.
func (s *Server) pageEventOf(e Event, user, channel ID) (p pageEvent, ok bool) {
	p.Now = s.Now().UnixMilli()
	switch e.Kind {
	case MessageCreated, MessageUpdated, MessageDeleted:
		m := e.Message
		if m.Channel != channel || m.Ephemeral() && m.For != user {
			return p, false
		}
		if e.Kind == MessageDeleted {
			p.Kind, p.ID = "deleted", m.ID
			return p, true
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		p.Kind, p.Message = "message", s.pageMessage(m, user)
	case InteractionFailed:
		p.Kind, p.Interaction = "failed", e.Interaction.ID
		return p, e.Interaction.User == user
	case CommandsChanged:
		p.Kind = "commands"
	case WorldChanged:
		p.Kind = "world"
	case ViolationFound:
		p.Kind, p.Text = "violation", e.Text
	default:
		return p, false
	}
	return p, true
}

func writeEvent(w http.ResponseWriter, e pageEvent) {
	data, err := json.Marshal(e)
	if err != nil {
		return
	}
	fmt.Fprintf(w, "data: %s\n\n", data)
}
