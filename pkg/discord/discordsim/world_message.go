package discordsim

import (
	"slices"
	"time"
)

// Message flags that this Discord knows.
const (
	FlagSuppressEmbeds        = 1 << 2
	FlagEphemeral             = 1 << 6
	FlagLoading               = 1 << 7
	FlagSuppressNotifications = 1 << 12
	FlagComponentsV2          = 1 << 15
)

// Message is a message as it is now. It is never changed: an edit puts another one in its place.
type Message struct {
	ID          ID
	Channel     ID
	Guild       ID
	Author      ID
	App         ID // who sent it on behalf of an application; Webhook too
	Content     string
	Embeds      []Object
	Components  []Object
	Attachments []*Attachment // includes those that embeds show; see Shown
	Flags       int
	Created     time.Time
	Edited      time.Time // zero: never
	Revision    int       // counts edits
	For         ID        // of an ephemeral message: who alone sees it
	Reference   ID        // the message that it replies to
	RefChannel  ID
	Interaction ID // the interaction that it answers, or that it follows up
	Command     string
	Asker       ID   // the user of that interaction
	Pinged      []ID // who was really notified
	Everyone    bool // @everyone or @here was
	Nonce       string
}

// Ephemeral messages are seen by one person and known to tokens of interactions only.
func (m *Message) Ephemeral() bool { return m.Flags&FlagEphemeral != 0 }

// Loading: "… is thinking", a deferred answer that nobody filled yet.
func (m *Message) Loading() bool { return m.Flags&FlagLoading != 0 }

// Attachment is a file of a message. The bytes are in the file store under its id.
type Attachment struct {
	ID          ID
	Channel     ID
	Name        string
	Description string
	Type        string // media type
	Size        int64
	Width       int // pixels; 0: no picture
	Height      int
	Spoiler     bool
	Ephemeral   bool
}

// putMessage adds a new message or replaces the one with its id, and tells so. The channel must exist.
func (s *Server) putMessage(m *Message) {
	w := s.world
	old := w.messages[m.ID]
	w.messages[m.ID] = m
	kind := MessageUpdated
	if old == nil {
		kind = MessageCreated
		if c := w.channels[m.Channel]; c != nil {
			c.messages = append(c.messages, m.ID)
			s.forgetMessages(c)
		}
	}
	s.publish(Event{Kind: kind, Guild: m.Guild, Channel: m.Channel, Message: m})
}

// forgetMessages forgets the oldest messages of a channel that has more than the fake keeps; nobody is told.
func (s *Server) forgetMessages(c *Channel) {
	for s.limits.MessagesPerRoom > 0 && len(c.messages) > s.limits.MessagesPerRoom {
		if m := s.world.messages[c.messages[0]]; m != nil {
			s.files.forget(m.Attachments)
			delete(s.world.messages, m.ID)
		}
		c.messages = c.messages[1:]
	}
}

// removeMessage deletes a message and its files; nil is no message.
func (s *Server) removeMessage(m *Message) {
	if m == nil {
		return
	}
	delete(s.world.messages, m.ID)
	if c := s.world.channels[m.Channel]; c != nil {
		c.messages = slices.DeleteFunc(c.messages, func(id ID) bool { return id == m.ID })
	}
	s.files.forget(m.Attachments)
	s.publish(Event{Kind: MessageDeleted, Guild: m.Guild, Channel: m.Channel, Message: m})
}

// DeleteMessage removes a message as its author or a moderator would.
func (s *Server) DeleteMessage(id ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeMessage(s.world.messages[id])
}

// Message is a message as it is now, or nil.
func (s *Server) Message(id ID) *Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world.messages[id]
}

// Messages are those of a channel that a user sees, oldest first; user 0 sees all, ephemeral ones of others too.
func (s *Server) Messages(channel, user ID) []*Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.world.channels[channel]
	if !ok {
		return nil
	}
	var out []*Message
	for _, id := range c.messages {
		if m := s.world.messages[id]; user == 0 || !m.Ephemeral() || m.For == user {
			out = append(out, m)
		}
	}
	return out
}
