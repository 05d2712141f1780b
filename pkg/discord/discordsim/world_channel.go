package discordsim

import (
	"cmp"
	"maps"
	"slices"
)

// ChannelKind is Discord's number for a kind of channel.
type ChannelKind int

// The kinds that this Discord has.
const (
	GuildText     ChannelKind = 0
	DM            ChannelKind = 1
	GroupDM       ChannelKind = 3
	PublicThread  ChannelKind = 11
	PrivateThread ChannelKind = 12
)

func (k ChannelKind) thread() bool { return k == PublicThread || k == PrivateThread }

// Channel is a place for messages.
type Channel struct {
	ID         ID
	Guild      ID // 0: a direct message
	Parent     ID // of a thread
	Kind       ChannelKind
	Name       string
	Restricted bool // by age
	Archived   bool // a thread
	People     []ID // of a direct message
	Overwrites map[ID]Overwrite
	messages   []ID // oldest first
}

// Overwrite is what a channel changes about the permissions of a role or a user.
type Overwrite struct{ Allow, Deny Permission }

// NewChannel describes a channel to AddChannel.
type NewChannel struct {
	Guild      ID
	Parent     ID // makes it a thread
	Name       string
	Restricted bool
	// People without a guild: one person and the bot are a DM; people without the bot are a private channel, to which
	// the application comes with a user who installed it.
	People []ID
}

// AddChannel makes a channel.
func (s *Server) AddChannel(n NewChannel) Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.world.addChannel(n)
	s.publish(Event{Kind: WorldChanged, Guild: c.Guild, Channel: c.ID})
	return c.clone()
}

func (w *world) addChannel(n NewChannel) *Channel {
	c := &Channel{
		ID: w.newID(), Guild: n.Guild, Parent: n.Parent, Name: n.Name, Restricted: n.Restricted,
		People: slices.Clone(n.People), Overwrites: map[ID]Overwrite{},
	}
	switch {
	case n.Parent != 0:
		c.Kind = PublicThread
		if p := w.channels[n.Parent]; p != nil {
			c.Guild = p.Guild
		}
	case n.Guild == 0 && len(n.People) > 2:
		c.Kind = GroupDM
	case n.Guild == 0:
		c.Kind = DM
	}
	w.channels[c.ID] = c
	return c
}

// dm is the direct channel of the bot and a user, made where there is none.
func (w *world) dm(user ID) *Channel {
	for _, c := range w.channels {
		if c.Kind == DM && c.takesPart(w.app.Bot) && c.takesPart(user) {
			return c
		}
	}
	return w.addChannel(NewChannel{People: []ID{user, w.app.Bot}})
}

func (c *Channel) takesPart(user ID) bool { return slices.Contains(c.People, user) }

func (c *Channel) clone() Channel {
	d := *c
	d.People, d.Overwrites, d.messages = slices.Clone(c.People), maps.Clone(c.Overwrites), nil
	return d
}

// DeleteChannel removes a channel and its messages; requests that name it answer 10003.
func (s *Server) DeleteChannel(id ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.world.channels[id]
	if !ok {
		return
	}
	for _, m := range slices.Clone(c.messages) {
		s.removeMessage(s.world.messages[m])
	}
	delete(s.world.channels, id)
	s.publish(Event{Kind: WorldChanged, Guild: c.Guild, Channel: id})
}

// Archive closes or opens a thread; a closed one answers 50083.
func (s *Server) Archive(id ID, archived bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.world.channels[id]; ok {
		c.Archived = archived
		s.publish(Event{Kind: WorldChanged, Guild: c.Guild, Channel: id})
	}
}

// Channels are all channels in the order in which they were made.
func (s *Server) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Channel
	for _, c := range s.world.channels {
		out = append(out, c.clone())
	}
	slices.SortFunc(out, func(a, b Channel) int { return cmp.Compare(a.ID, b.ID) })
	return out
}
