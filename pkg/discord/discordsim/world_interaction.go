package discordsim

import (
	"encoding/json"
	"maps"
	"time"
)

// InteractionKind is Discord's number for a kind of interaction.
type InteractionKind int

// Kinds of interactions.
const (
	PingInteraction         InteractionKind = 1
	CommandInteraction      InteractionKind = 2
	ComponentInteraction    InteractionKind = 3
	AutocompleteInteraction InteractionKind = 4
	ModalInteraction        InteractionKind = 5
)

// Types of the first answer.
const (
	AnswerPong           = 1
	AnswerMessage        = 4
	AnswerDeferred       = 5
	AnswerDeferredUpdate = 6
	AnswerUpdate         = 7
	AnswerChoices        = 8
	AnswerModal          = 9
)

// Interaction is something that a person did, and what became of it.
type Interaction struct {
	ID      ID              `json:"id"`
	Kind    InteractionKind `json:"kind"`
	Token   string          `json:"-"`
	User    ID              `json:"user"`
	Guild   ID              `json:"guild,omitempty"`
	Channel ID              `json:"channel"`
	// Context is 0 in a guild, 1 in a DM with the bot, 2 in another private channel.
	Context int `json:"context"`
	// Owners is authorizing_integration_owners: "0" the guild, "1" the user who installed the application.
	Owners  map[string]string `json:"-"`
	Message ID                `json:"message,omitempty"` // with the component, or from which the modal was opened
	Command string            `json:"command,omitempty"`
	Locale  string            `json:"-"` // of the user's client
	// SizeLimit is attachment_size_limit: bytes of one file, by the user's Nitro and the guild's tier.
	SizeLimit int64           `json:"-"`
	Created   time.Time       `json:"created"`
	Payload   json.RawMessage `json:"-"` // as gateway and endpoint get it

	Acked     time.Time `json:"acked,omitzero"`
	Answer    int       `json:"answer,omitempty"`   // type of the first answer; 0: none yet
	Original  ID        `json:"original,omitempty"` // message that @original means
	Choices   []Object  `json:"choices,omitempty"`  // of AnswerChoices
	Modal     Object    `json:"modal,omitempty"`    // of AnswerModal
	Followups int       `json:"followups,omitempty"`
	// Filled: the deferred answer was edited for the first time (or followed up, which is the same).
	Filled bool `json:"filled,omitempty"`
	// Settles is when an answer that came inline in an HTTP response is known to the other routes.
	Settles time.Time `json:"-"`
	failed  bool      // InteractionFailed was told
	sentAs  ID        // the last submission of the modal that it opened
	opener  ID        // of a modal: the interaction that was answered with it
}

// guildInstalled: the application is there by right of the guild, not only of the user.
func (i *Interaction) guildInstalled() bool { _, ok := i.Owners["0"]; return ok }

func (i *Interaction) clone() *Interaction {
	c := *i
	c.Owners = maps.Clone(i.Owners)
	return &c
}

// addInteraction gives an interaction its id, token, moment and size limit, remembers it and tells so. The caller
// fills who, where and what; Payload is set by the caller afterwards, before the lock is released.
func (s *Server) addInteraction(i *Interaction) {
	w := s.world
	i.ID, i.Created = w.newID(), s.Now()
	i.Token = i.ID.String() + ":" + secret(64)
	if i.SizeLimit == 0 {
		i.SizeLimit = s.sizeLimit(i)
	}
	w.interactions[i.ID], w.byToken[i.Token] = i, i
	w.recent = append(w.recent, i.ID)
	w.forgetInteractions(s.limits.Interactions)
	s.publish(Event{Kind: InteractionCreated, Guild: i.Guild, Channel: i.Channel, Interaction: i.clone()})
}

// forgetInteractions forgets the oldest but for the last most.
func (w *world) forgetInteractions(most int) {
	for most > 0 && len(w.recent) > most {
		if old := w.interactions[w.recent[0]]; old != nil {
			delete(w.interactions, old.ID)
			delete(w.byToken, old.Token)
		}
		w.recent = w.recent[1:]
	}
}

// sizeLimit is the larger of what the guild's boost tier and the user's Nitro allow, in bytes of one file.
func (s *Server) sizeLimit(i *Interaction) int64 {
	limit := s.limits.FileSize[0]
	if g := s.world.guilds[i.Guild]; g != nil {
		limit = s.limits.tier(g.Tier)
	}
	if u := s.world.users[i.User]; u != nil {
		limit = max(limit, u.Nitro)
	}
	return limit
}

// Interaction is an interaction as it is now, or nil.
func (s *Server) Interaction(id ID) *Interaction {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, ok := s.world.interactions[id]; ok {
		return i.clone()
	}
	return nil
}
