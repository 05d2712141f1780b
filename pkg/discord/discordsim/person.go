package discordsim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ErrFailed is returned when nobody answered an interaction in time: the person reads "This interaction failed".
var ErrFailed = errors.New("this interaction failed")

// Upload is a file that a person attaches.
type Upload struct {
	Name, Type string
	Data       []byte
	Spoiler    bool
}

// Invocation is a command as a person gives it.
type Invocation struct {
	User    ID
	Channel ID     // 0: the DM of the user and the bot
	Command string // its name; sub-commands follow after a space
	// Options by name: string, bool, int, int64, float64, ID (of a user, channel, role) or Upload.
	Options map[string]any
	Target  ID     // makes it a command of the Apps menu of this message, or of this user
	Locale  string // of the client; that of the user where empty
}

// Invoke gives a command. What Discord's own client would not send is refused with an error; otherwise the
// interaction is on its way when Invoke returns, and Answer waits for what becomes of it.
func (s *Server) Invoke(_ context.Context, v Invocation) (ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, command, err := s.prepare(v, CommandInteraction)
	if err != nil {
		return 0, err
	}
	f := filler{s: s, i: i, resolved: Object{}}
	data, err := f.command(command, v)
	if err != nil {
		return 0, fmt.Errorf("/%s: %w", v.Command, err)
	}
	return s.launch(i, data), nil
}

// Autocomplete types text into an option and returns the choices that the application suggests. The other options
// are sent as they are, in order of the definition, without a look at their values.
func (s *Server) Autocomplete(ctx context.Context, v Invocation, option, typed string) ([]Object, error) {
	id, err := s.typeInto(v, option, typed)
	if err != nil {
		return nil, err
	}
	i, err := s.Answer(ctx, id)
	if err != nil {
		return nil, err
	}
	return i.Choices, nil
}

func (s *Server) typeInto(v Invocation, option, typed string) (ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, command, err := s.prepare(v, AutocompleteInteraction)
	if err != nil {
		return 0, err
	}
	f := filler{s: s, i: i, resolved: Object{}, focused: option, typed: typed}
	data, err := f.command(command, v)
	if err != nil {
		return 0, fmt.Errorf("/%s: %w", v.Command, err)
	}
	return s.launch(i, data), nil
}

// prepare finds the command and the right by which it may be given.
func (s *Server) prepare(v Invocation, kind InteractionKind) (*Interaction, *Command, error) {
	i, err := s.present(v.User, v.Channel, kind)
	if err != nil {
		return nil, nil, err
	}
	i.Locale = v.Locale
	command, path := s.world.meant(i.Guild, v)
	if command == nil {
		return nil, nil, fmt.Errorf("/%s: no such command here", v.Command)
	}
	i.Command = path
	if err := s.authorise(i, command); err != nil {
		return nil, nil, fmt.Errorf("/%s: %w", v.Command, err)
	}
	return i, command, nil
}

// present is the beginning of an interaction: who and where.
func (s *Server) present(user, channel ID, kind InteractionKind) (*Interaction, error) {
	w := s.world
	u := w.users[user]
	if u == nil || u.Bot {
		return nil, fmt.Errorf("user %s: there is no such person", user)
	}
	c := w.channels[channel]
	if channel == 0 {
		c = w.dm(user)
	}
	if c == nil {
		return nil, fmt.Errorf("channel %s: there is no such channel", channel)
	}
	if p := w.permissions(user, c); p&ViewChannel == 0 || p&UseCommands == 0 && c.Guild != 0 {
		return nil, fmt.Errorf("channel %s: user %s may not use commands there", c.ID, u.Name)
	}
	i := &Interaction{Kind: kind, User: user, Guild: c.Guild, Channel: c.ID, Locale: u.Locale, Context: 0}
	switch bot := c.takesPart(w.app.Bot); {
	case c.Guild == 0 && bot && c.Kind == DM:
		i.Context = 1
	case c.Guild == 0:
		i.Context = 2
	}
	return i, nil
}

// launch sends an interaction that is complete but for its data. Called with mu held.
func (s *Server) launch(i *Interaction, data Object) ID {
	s.expire()
	s.addInteraction(i)
	payload := s.payload(i, data)
	i.Payload, _ = json.Marshal(payload)
	s.people.pending[i.ID] = i
	s.deliver(i)
	return i.ID
}

// deliver brings an interaction to the application's endpoint if it has one, else to the sessions of the gateway.
func (s *Server) deliver(i *Interaction) {
	if url := s.world.app.InteractionURL; url != "" {
		s.post(url, i)
		return
	}
	for range s.faults.times() {
		s.dispatch(i.Guild, "INTERACTION_CREATE", i.Payload)
	}
}

// people is what the fake knows about what people wait for.
type people struct {
	pending map[ID]*Interaction // those that were not answered when somebody looked last
}

func newPeople() people { return people{pending: map[ID]*Interaction{}} }

// expire tells of interactions that failed by now. Called with mu held.
func (s *Server) expire() {
	now := s.Now()
	for id, i := range s.people.pending {
		if i.Answer != 0 {
			delete(s.people.pending, id)
		} else if now.Sub(i.Created) > s.limits.AckWithin {
			delete(s.people.pending, id)
			i.failed = true
			s.publish(Event{Kind: InteractionFailed, Guild: i.Guild, Channel: i.Channel, Interaction: i.clone()})
		}
	}
}

// Answer waits for the first answer to an interaction: a message (Original), a deferral, a modal, choices. The error
// is ErrFailed where none came in time.
func (s *Server) Answer(ctx context.Context, id ID) (*Interaction, error) {
	var i *Interaction
	err := s.Await(ctx, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.expire()
		found := s.world.interactions[id]
		if found == nil {
			return true
		}
		i = found.clone()
		return i.Answer != 0 || i.failed
	})
	switch {
	case err != nil:
		return i, err
	case i == nil:
		return nil, fmt.Errorf("interaction %s: there is none", id)
	case i.failed:
		return i, ErrFailed
	}
	return i, nil
}

// Failed reports whether the person reads "This interaction failed".
func (i *Interaction) Failed() bool { return i.failed }

// Waited is the time from the click to the first answer; 0 without one.
func (i *Interaction) Waited() time.Duration {
	if i.Acked.IsZero() {
		return 0
	}
	return i.Acked.Sub(i.Created)
}
