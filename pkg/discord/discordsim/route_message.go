package discordsim

import (
	"net/http"
	"strconv"
)

func messageEndpoints() []endpoint {
	const messages = " /channels/{channel}/messages"
	return []endpoint{
		{"GET" + messages, classOther, true, (*Server).listMessages},
		{"POST" + messages, classSend, true, (*Server).sendMessage},
		{"GET" + messages + "/{message}", classOther, true, (*Server).getMessage},
		{"PATCH" + messages + "/{message}", classEdit, true, (*Server).editMessage},
		{"DELETE" + messages + "/{message}", classDelete, true, (*Server).deleteMessage},
	}
}

// place is the channel of a call, if the bot sees it and has the permissions.
func (s *Server) place(c *call, need Permission) (*Channel, *apiError) {
	ch := s.world.channels[c.id("channel")]
	if ch == nil {
		return nil, errChannel()
	}
	have := s.world.permissions(s.world.app.Bot, ch)
	switch {
	case have&ViewChannel == 0:
		return nil, errAccess()
	case have&need != need:
		return nil, errMissing()
	}
	return ch, nil
}

// known is a message of a channel that the bot token knows: no ephemeral one.
func (s *Server) known(ch *Channel, id ID) (*Message, *apiError) {
	m := s.world.messages[id]
	if m == nil || m.Channel != ch.ID || m.Ephemeral() {
		return nil, errMessage()
	}
	return m, nil
}

// placed is the message of a call.
func (s *Server) placed(c *call, need Permission) (*Channel, *Message, *apiError) {
	ch, refused := s.place(c, need)
	if refused != nil {
		return nil, nil, refused
	}
	m, refused := s.known(ch, c.id("message"))
	return ch, m, refused
}

func (s *Server) listMessages(c *call) (int, any, *apiError) {
	ch, refused := s.place(c, ReadMessageHistory)
	if refused != nil {
		return 0, nil, refused
	}
	limit, err := strconv.Atoi(c.r.URL.Query().Get("limit"))
	if err != nil || limit < 1 || limit > 100 {
		limit = 50
	}
	out := []Object{}
	for i := len(ch.messages) - 1; i >= 0 && len(out) < limit; i-- { // newest first
		if m := s.world.messages[ch.messages[i]]; !m.Ephemeral() {
			out = append(out, s.wireMessage(m))
		}
	}
	return http.StatusOK, out, nil
}

func (s *Server) getMessage(c *call) (int, any, *apiError) {
	_, m, refused := s.placed(c, ReadMessageHistory)
	if refused != nil {
		return 0, nil, refused
	}
	return http.StatusOK, s.wireMessage(m), nil
}

func (s *Server) deleteMessage(c *call) (int, any, *apiError) {
	ch, m, refused := s.placed(c, 0)
	if refused != nil {
		return 0, nil, refused
	}
	if m.Author != s.world.app.Bot && s.world.permissions(s.world.app.Bot, ch)&ManageMessages == 0 {
		return 0, nil, errMissing()
	}
	s.removeMessage(m)
	return http.StatusNoContent, nil, nil
}

// editMessage needs no permission to send, as Discord's staff says; to add files is taken to need that to attach.
func (s *Server) editMessage(c *call) (int, any, *apiError) {
	need := Permission(0)
	if len(c.staged) > 0 {
		need = AttachFiles
	}
	ch, m, refused := s.placed(c, need)
	switch {
	case refused != nil:
		return 0, nil, refused
	case m.Author != s.world.app.Bot:
		return 0, nil, errNotAuthor()
	case ch.Archived:
		return 0, nil, errArchived()
	}
	edited, refused := s.edit(m, changeOf(c.payload()), c, s.placeLimit(ch))
	if refused != nil {
		return 0, nil, refused
	}
	return http.StatusOK, s.wireMessage(edited), nil
}

// placeLimit is what one file of the bot may have in a channel: the guild's tier alone.
func (s *Server) placeLimit(ch *Channel) int64 {
	if g := s.world.guilds[ch.Guild]; g != nil {
		return s.limits.tier(g.Tier)
	}
	return s.limits.FileSize[0]
}

func (s *Server) sendMessage(c *call) (int, any, *apiError) {
	change := changeOf(c.payload())
	ch, refused := s.place(c, 0)
	if refused == nil {
		refused = s.maySend(ch, change, c)
	}
	if refused != nil {
		return 0, nil, refused
	}
	if m := s.world.sameNonce(ch.ID, change, c.now, s.limits.NonceFor); m != nil {
		s.files.forget(c.staged)
		return http.StatusOK, s.wireMessage(m), nil
	}
	m := Message{ID: s.world.newID(), Channel: ch.ID, Guild: ch.Guild, Author: s.world.app.Bot, Created: c.now, Nonce: change.nonce}
	if m.Reference, refused = s.referenced(ch, change.reference); refused != nil {
		return 0, nil, refused
	}
	if m.Reference != 0 {
		m.RefChannel = ch.ID
	}
	sent, refused := s.apply(m, change, c, s.placeLimit(ch))
	if refused != nil {
		return 0, nil, refused
	}
	s.ping(sent, change)
	ch.Archived = false // a message opens a thread again
	s.world.rememberNonce(ch.ID, change, sent.ID, c.now, s.limits.NonceFor)
	s.putMessage(sent)
	return http.StatusOK, s.wireMessage(sent), nil
}

// maySend checks the permissions that a new message needs.
func (s *Server) maySend(ch *Channel, change change, c *call) *apiError {
	if ch.Guild == 0 {
		return s.mayWriteTo(ch)
	}
	need := SendMessages
	if ch.Kind.thread() {
		need = SendInThreads
	}
	if len(c.staged) > 0 {
		need |= AttachFiles
	}
	if change.embeds != nil && len(*change.embeds) > 0 {
		need |= EmbedLinks
	}
	have := s.world.permissions(s.world.app.Bot, ch)
	switch {
	case have&need != need:
		return errMissing()
	case change.reference != nil && have&ReadMessageHistory == 0:
		return errReplyHistory()
	}
	return nil
}

// mayWriteTo checks whether the other side of a direct message takes any: they may be closed, and need a guild that
// both are in, or the user's own installation.
func (s *Server) mayWriteTo(ch *Channel) *apiError {
	for _, id := range ch.People {
		u := s.world.users[id]
		switch {
		case u == nil || id == s.world.app.Bot:
		case u.Closed:
			return errDirectMessages()
		case !u.Installed && !s.world.mutualGuild(id):
			return errNoMutualGuild()
		}
	}
	return nil
}

func (w *world) mutualGuild(user ID) bool {
	for _, g := range w.guilds {
		if _, member := g.Members[user]; member && g.Installed {
			return true
		}
	}
	return false
}

// referenced is the message that a new one replies to; 0: none, or one that is gone and need not be there.
func (s *Server) referenced(ch *Channel, reference Object) (ID, *apiError) {
	if reference == nil {
		return 0, nil
	}
	m, refused := s.known(ch, idOf(reference, "message_id"))
	switch {
	case refused == nil:
		return m.ID, nil
	case boolOr(reference, "fail_if_not_exists", true):
		e := invalid("Unknown message")
		e.Fields = Object{"message_reference": e.Fields}
		return 0, e
	}
	return 0, nil
}
