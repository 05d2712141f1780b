package discordsim

import "net/http"

// byToken finds the interaction of a token and checks that the token lives.
func (s *Server) byToken(c *call) (*Interaction, *apiError) {
	i := s.world.byToken[c.r.PathValue("token")]
	switch {
	case i == nil || c.id("app") != s.world.app.ID:
		return nil, errWebhook()
	case c.now.Sub(i.Created) > s.limits.TokenLives:
		return nil, errToken()
	case i.Answer == 0 || c.now.Before(i.Settles): // not answered, or not known to be
		return nil, errWebhook()
	}
	return i, nil
}

// meant is the message that a call means: that of @original, or one that the interaction brought about.
func (s *Server) meant(c *call) (*Interaction, *Message, *apiError) {
	i, refused := s.byToken(c)
	if refused != nil {
		return nil, nil, refused
	}
	id := i.Original
	if c.r.PathValue("message") != "" {
		id = c.id("message")
	}
	m := s.world.messages[id]
	if m == nil || id != i.Original && m.Interaction != i.ID {
		return nil, nil, errMessage()
	}
	return i, m, nil
}

func (s *Server) getByToken(c *call) (int, any, *apiError) {
	_, m, refused := s.meant(c)
	if refused != nil {
		return 0, nil, refused
	}
	return http.StatusOK, s.wireMessage(m), nil
}

func (s *Server) deleteByToken(c *call) (int, any, *apiError) {
	_, m, refused := s.meant(c)
	if refused != nil {
		return 0, nil, refused
	}
	s.removeMessage(m)
	return http.StatusNoContent, nil, nil
}

func (s *Server) editByToken(c *call) (int, any, *apiError) {
	i, m, refused := s.meant(c)
	if refused != nil {
		return 0, nil, refused
	}
	return s.fill(i, m, c)
}

func (s *Server) fill(i *Interaction, m *Message, c *call) (int, any, *apiError) {
	edited, refused := s.edit(m, changeOf(c.payload()), c, i.SizeLimit)
	if refused != nil {
		return 0, nil, refused
	}
	return http.StatusOK, s.wireMessage(edited), nil
}

// edit changes a message. The first edit of a deferred one fills it and does not count as an edit.
func (s *Server) edit(m *Message, ch change, c *call, limit int64) (*Message, *apiError) {
	ch.flags &^= FlagSuppressNotifications
	edited, refused := s.apply(*m, ch, c, limit)
	if refused != nil {
		return nil, refused
	}
	edited.Revision++
	if m.Loading() {
		edited.Flags &^= FlagLoading
	} else {
		edited.Edited = c.now
		if edited.alike(m) {
			s.ledger.stats.Unchanged++
		}
	}
	s.files.forget(without(m.Attachments, edited.Attachments))
	s.putMessage(edited)
	return edited, nil
}

// without is what is in a and not in b.
func without(a, b []*Attachment) []*Attachment {
	stays := map[ID]bool{}
	for _, x := range b {
		stays[x.ID] = true
	}
	var out []*Attachment
	for _, x := range a {
		if !stays[x.ID] {
			out = append(out, x)
		}
	}
	return out
}

// followUp adds a message. The first one after a deferral is the deferred message.
func (s *Server) followUp(c *call) (int, any, *apiError) {
	i, refused := s.byToken(c)
	if refused != nil {
		return 0, nil, refused
	}
	if m := s.world.messages[i.Original]; m != nil && i.Answer == AnswerDeferred && m.Loading() {
		return s.fill(i, m, c)
	}
	if !i.guildInstalled() && i.Followups >= s.limits.Followups {
		return 0, nil, errFollowups()
	}
	ch := changeOf(c.payload())
	m, refused := s.apply(s.draft(i, ch.flags&FlagEphemeral != 0, c.now), ch, c, i.SizeLimit)
	if refused != nil {
		return 0, nil, refused
	}
	m.Reference, m.RefChannel = i.Original, i.Channel
	s.ping(m, ch)
	i.Followups++
	s.putMessage(m)
	return http.StatusOK, s.wireMessage(m), nil
}
