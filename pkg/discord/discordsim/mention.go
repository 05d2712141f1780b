package discordsim

import (
	"regexp"
	"slices"
	"strings"
)

var mentioned = regexp.MustCompile(`<@(!|&)?(\d{1,20})>`)

// ping finds out who is notified by a new message: who is mentioned in its content and allowed to be, and the author
// of the message that it replies to. Nobody is by embeds, by edits and by messages without notification. Called with
// mu held.
func (s *Server) ping(m *Message, ch change) {
	if m.Flags&FlagSuppressNotifications != 0 {
		return
	}
	may := func(kind, list string, id ID) bool { return !ch.mentioned || allowed(ch.mentions, kind, list, id) }
	for _, hit := range mentioned.FindAllStringSubmatch(m.readable(), -1) {
		id, _ := ParseID(hit[2])
		if hit[1] == "&" {
			if may("roles", "roles", id) {
				s.pingRole(m, id)
			}
			continue
		}
		if s.world.users[id] != nil && may("users", "users", id) {
			m.ping(id)
		}
	}
	c := s.world.channels[m.Channel]
	if strings.Contains(m.Content, "@everyone") || strings.Contains(m.Content, "@here") {
		m.Everyone = may("everyone", "", 0) && c != nil && s.world.permissions(m.Author, c)&MentionEveryone != 0
	}
	if r := s.world.messages[m.Reference]; r != nil && boolOr(ch.mentions, "replied_user", !ch.mentioned) {
		m.ping(r.Author)
	}
}

// readable is the text in which mentions count.
func (m *Message) readable() string {
	parts := []string{m.Content}
	for c := range nested(m.Components) {
		parts = append(parts, textOf(c, "content"))
	}
	return strings.Join(parts, "\n")
}

func (m *Message) ping(id ID) {
	if id != m.Author && !slices.Contains(m.Pinged, id) {
		m.Pinged = append(m.Pinged, id)
	}
}

func (s *Server) pingRole(m *Message, role ID) {
	g := s.world.guilds[m.Guild]
	if g == nil {
		return
	}
	for user, roles := range g.Members {
		if slices.Contains(roles, role) {
			m.ping(user)
		}
	}
}

// allowed says whether allowed_mentions permit to notify id: by kind, or by name in a list.
func allowed(mentions Object, kind, list string, id ID) bool {
	if parse, _ := mentions["parse"].([]any); slices.Contains(parse, any(kind)) {
		return true
	}
	ids, _ := mentions[list].([]any)
	return list != "" && slices.Contains(ids, any(id.String()))
}
