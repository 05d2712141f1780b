package discordsim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxPageMessages bounds the messages of one answer.
const maxPageMessages = 1000

// pagePerson reads who looks and where, from the query.
func pagePerson(r *http.Request) (user, channel ID) {
	user, _ = ParseID(r.URL.Query().Get("user"))
	channel, _ = ParseID(r.URL.Query().Get("channel"))
	return user, channel
}

// pageWorld is what stands around the channel.
func (s *Server) pageWorld(w http.ResponseWriter, r *http.Request) {
	user, _ := pagePerson(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	pageAnswer(w, http.StatusOK, Object{
		"now": s.Now().UnixMilli(), "app": Object{"id": s.world.app.ID, "name": s.world.app.Name},
		"users": s.pageUsers(), "places": s.pagePlaces(user), "violations": s.ledger.stats.Violations,
	})
}

func (s *Server) pageUsers() []Object {
	out := []Object{}
	for _, id := range sortedKeys(s.world.users) {
		u := s.world.users[id]
		out = append(out, Object{"id": u.ID, "name": u.Name, "bot": u.Bot, "locale": u.Locale})
	}
	return out
}

// pagePlaces are the channels that a user sees, and the DM with the bot, which has id 0 until somebody writes there.
func (s *Server) pagePlaces(user ID) []Object {
	w := s.world
	out := []Object{}
	if w.users[user] == nil {
		return out
	}
	direct := w.dm(user)
	for _, id := range sortedKeys(w.channels) {
		c := w.channels[id]
		if w.permissions(user, c)&ViewChannel == 0 {
			continue
		}
		p := Object{"id": c.ID, "name": c.Name, "kind": c.Kind, "restricted": c.Restricted, "archived": c.Archived}
		if g := w.guilds[c.Guild]; g != nil {
			p["guild"] = Object{"id": g.ID, "name": g.Name}
		}
		if c == direct {
			p["direct"] = true
		}
		p["people"] = c.People
		out = append(out, p)
	}
	return out
}

func sortedKeys[V any](m map[ID]V) []ID {
	keys := make([]ID, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// pageMessages are the last messages of a channel that a user sees, oldest first.
func (s *Server) pageMessages(w http.ResponseWriter, r *http.Request) {
	user, channel := pagePerson(r)
	before, _ := ParseID(r.URL.Query().Get("before"))
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 || limit > maxPageMessages {
		limit = 200
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Object{}
	c := s.world.channels[channel]
	if c == nil || s.world.permissions(user, c)&ViewChannel == 0 {
		pageAnswer(w, http.StatusNotFound, Object{"error": "there is no such channel"})
		return
	}
	more := false
	for _, id := range slices.Backward(c.messages) {
		m := s.world.messages[id]
		if m == nil || before != 0 && id >= before || m.Ephemeral() && m.For != user {
			continue
		}
		if len(out) == limit {
			more = true
			break
		}
		out = append(out, s.pageMessage(m, user))
	}
	slices.Reverse(out)
	pageAnswer(w, http.StatusOK, Object{"now": s.Now().UnixMilli(), "messages": out, "more": more})
}

// pageMessage is a message as Discord writes it, with the command that made it and what only a client knows.
func (s *Server) pageMessage(m *Message, user ID) Object {
	o := s.wireMessage(m)
	if m.Command != "" {
		o["interaction"] = Object{"name": m.Command, "user": s.wireUser(s.world.users[m.Asker])}
	}
	o["pings"] = slices.Contains(m.Pinged, user) || m.Everyone
	o["revision"] = m.Revision
	seen, _ := s.local(o).(Object)
	return seen
}

// local makes addresses of attachments such that a browser finds them here, wherever the application finds them. It
// returns a copy: what it is given belongs to the world.
func (s *Server) local(v any) any {
	switch v := v.(type) {
	case string:
		for _, host := range []string{s.url, cdnHost, mediaHost} {
			if rest, ok := strings.CutPrefix(v, host); ok && strings.HasPrefix(rest, "/attachments/") {
				return rest
			}
		}
	case Object:
		out := make(Object, len(v))
		for k, e := range v {
			out[k] = s.local(e)
		}
		return out
	case []Object:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = s.local(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = s.local(e)
		}
		return out
	}
	return v
}

// pageCommands are the commands that a user may give in a channel.
func (s *Server) pageCommands(w http.ResponseWriter, r *http.Request) {
	user, channel := pagePerson(r)
	out := []Object{}
	for _, c := range s.Offered(user, channel) {
		out = append(out, Object{"id": c.ID, "type": c.Kind, "name": c.Name, "definition": c.Definition})
	}
	pageAnswer(w, http.StatusOK, out)
}
