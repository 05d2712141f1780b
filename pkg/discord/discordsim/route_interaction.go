package discordsim

import (
	"net/http"
	"time"

	"discomfy/pkg/discord/discordsim/spec"
)

func interactionEndpoints() []endpoint {
	const webhook = " /webhooks/{app}/{token}"
	return []endpoint{
		{"POST /interactions/{interaction}/{token}/callback", classCallback, false, (*Server).callback},
		{"GET" + webhook + "/messages/@original", classToken, false, (*Server).getByToken},
		{"PATCH" + webhook + "/messages/@original", classToken, false, (*Server).editByToken},
		{"DELETE" + webhook + "/messages/@original", classToken, false, (*Server).deleteByToken},
		{"POST" + webhook, classToken, false, (*Server).followUp},
		{"GET" + webhook + "/messages/{message}", classToken, false, (*Server).getByToken},
		{"PATCH" + webhook + "/messages/{message}", classToken, false, (*Server).editByToken},
		{"DELETE" + webhook + "/messages/{message}", classToken, false, (*Server).deleteByToken},
	}
}

// where names a call in violations.
func (c *call) where() string {
	if c.route == nil {
		return "interactions endpoint"
	}
	return c.route.pattern
}

// callback takes the first answer to an interaction.
func (s *Server) callback(c *call) (int, any, *apiError) {
	i := s.world.interactions[c.id("interaction")]
	if i == nil || i.Token != c.r.PathValue("token") {
		return 0, nil, errInteraction()
	}
	if refused := s.answer(i, c); refused != nil {
		return 0, nil, refused
	}
	if !c.flag("with_response") {
		return http.StatusNoContent, nil, nil
	}
	return http.StatusOK, s.wireAnswer(i), nil
}

// answerInline takes the body of an HTTP response of the ingress as the first answer to an interaction, as a callback
// would bring it; the sender of signed interactions calls it without the lock. nil: accepted.
func (s *Server) answerInline(id ID, contentType string, body []byte) *apiError {
	c := &call{now: s.Now()}
	var err error
	if c.body, err = spec.Parse(contentType, body); err != nil {
		s.note(c.where(), err.Error(), body)
		return refuse(http.StatusBadRequest, 50109, "The request body contains invalid JSON.")
	}
	if complaints := s.spec.CheckBody("POST", "/interactions/1/token/callback", c.body); len(complaints) > 0 {
		s.note(c.where(), complaints[0], c.body.Raw)
		return invalid(complaints...)
	}
	refused := s.stage(c)
	if refused == nil {
		refused = s.answerLocked(id, c)
	}
	if refused != nil {
		s.files.forget(c.staged)
	}
	return refused
}

func (s *Server) answerLocked(id ID, c *call) *apiError {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.world.interactions[id]
	if i == nil {
		return errInteraction()
	}
	if s.faults.inlineRace {
		i.Settles = c.now.Add(s.limits.InlineSettles)
	}
	return s.answer(i, c)
}

// answer applies the rules of a first answer and does what it says. Called with mu held.
func (s *Server) answer(i *Interaction, c *call) *apiError {
	switch {
	case i.Answer != 0:
		return errAcked()
	case c.now.Sub(i.Created) > s.limits.AckWithin:
		s.ledger.stats.Late++
		return errInteraction()
	}
	payload := c.payload()
	kind := intOf(payload, "type")
	if !i.takes(kind, s.world.messages[i.Message] != nil) {
		s.violated(c.where(), "this answer does not fit the interaction", c.body.Raw)
		return invalid("this answer does not fit the interaction")
	}
	data := objectOf(payload, "data")
	var refused *apiError
	switch kind {
	case AnswerMessage:
		refused = s.answerMessage(i, changeOf(data), c)
	case AnswerDeferred:
		s.answerDeferred(i, changeOf(data), c.now)
	case AnswerDeferredUpdate:
		i.Original = i.Message
	case AnswerUpdate:
		i.Original = i.Message
		_, refused = s.edit(s.world.messages[i.Message], changeOf(data), c, i.SizeLimit)
	case AnswerChoices:
		i.Choices = objectsOf(data, "choices")
	case AnswerModal:
		i.Modal = data
	}
	if refused != nil {
		i.Original = 0
		return refused
	}
	i.Answer, i.Acked = kind, c.now
	s.publish(Event{Kind: InteractionAnswered, Guild: i.Guild, Channel: i.Channel, Interaction: i.clone(), Message: s.world.messages[i.Original]})
	return nil
}

// takes says whether an interaction can be answered in a way; from says whether it came from a message.
func (i *Interaction) takes(kind int, from bool) bool {
	switch kind {
	case AnswerMessage, AnswerDeferred:
		return i.Kind != AutocompleteInteraction && i.Kind != PingInteraction
	case AnswerDeferredUpdate, AnswerUpdate:
		return from && (i.Kind == ComponentInteraction || i.Kind == ModalInteraction)
	case AnswerChoices:
		return i.Kind == AutocompleteInteraction
	case AnswerModal:
		return i.Kind == CommandInteraction || i.Kind == ComponentInteraction
	case AnswerPong:
		return i.Kind == PingInteraction
	}
	return false
}

// draft is the message that an interaction brings about, before it says anything. ephemeral is what the application
// wants; without the right to show itself to others an app that a user installed answers to that user alone.
func (s *Server) draft(i *Interaction, ephemeral bool, now time.Time) Message {
	m := Message{
		ID: s.world.newID(), Channel: i.Channel, Guild: i.Guild, Author: s.world.app.Bot, App: s.world.app.ID,
		Created: now, Interaction: i.ID, Command: i.Command, Asker: i.User,
	}
	c := s.world.channels[i.Channel]
	if c != nil && !i.guildInstalled() && i.Guild != 0 && s.world.permissions(i.User, c)&UseExternalApps == 0 {
		ephemeral = true
	}
	if ephemeral {
		m.Flags, m.For = FlagEphemeral, i.User
	}
	return m
}

func (s *Server) answerMessage(i *Interaction, ch change, c *call) *apiError {
	m, refused := s.apply(s.draft(i, ch.flags&FlagEphemeral != 0, c.now), ch, c, i.SizeLimit)
	if refused != nil {
		return refused
	}
	s.ping(m, ch)
	i.Original = m.ID
	s.putMessage(m)
	return nil
}

func (s *Server) answerDeferred(i *Interaction, ch change, now time.Time) {
	m := s.draft(i, ch.flags&FlagEphemeral != 0, now)
	m.Flags |= FlagLoading
	i.Original = m.ID
	s.putMessage(&m)
}

// wireAnswer is the answer to a callback with with_response.
func (s *Server) wireAnswer(i *Interaction) Object {
	in := Object{"id": i.ID.String(), "type": int(i.Kind), "channel_id": i.Channel.String()}
	if i.Guild != 0 {
		in["guild_id"] = i.Guild.String()
	}
	o := Object{"interaction": in}
	m := s.world.messages[i.Original]
	if m == nil {
		return o
	}
	in["response_message_id"] = m.ID.String()
	in["response_message_loading"], in["response_message_ephemeral"] = m.Loading(), m.Ephemeral()
	if i.Answer == AnswerMessage || i.Answer == AnswerUpdate {
		o["resource"] = Object{"type": i.Answer, "message": s.wireMessage(m)}
	}
	return o
}
