package discordsim

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Say posts a message as a person, with files. It is what the Apps menu can be opened on.
func (s *Server) Say(_ context.Context, user, channel ID, content string, uploads ...Upload) (*Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.present(user, channel, CommandInteraction)
	if err != nil {
		return nil, err
	}
	c := s.world.channels[i.Channel]
	switch {
	case content == "" && len(uploads) == 0:
		return nil, errors.New("the message is empty")
	case utf8.RuneCountInString(content) > 2000:
		return nil, errors.New("a message has at most 2000 characters")
	case len(uploads) > 10:
		return nil, errors.New("a message has at most 10 files")
	case s.world.permissions(user, c)&SendMessages == 0:
		return nil, fmt.Errorf("%s may not write in this channel", s.world.users[user].Name)
	}
	m := &Message{
		ID: s.world.newID(), Channel: c.ID, Guild: c.Guild, Author: user, Content: content, Created: s.Now(),
	}
	for _, u := range uploads {
		if limit := s.sizeLimit(i); int64(len(u.Data)) > limit {
			return nil, fmt.Errorf("%s has %d bytes, %d are allowed", u.Name, len(u.Data), limit)
		}
	}
	for _, u := range uploads {
		a := s.keepUpload(c.ID, u)
		a.Ephemeral = false
		m.Attachments = append(m.Attachments, a)
	}
	s.putMessage(m)
	return m, nil
}

// Offered are the commands that the client shows a user in a channel (0: the DM with the bot): of all kinds, in the
// order of their names; one of the guild hides a global one of the same kind and name.
func (s *Server) Offered(user, channel ID) []*Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.present(user, channel, CommandInteraction)
	if err != nil {
		return nil
	}
	var out []*Command
	for _, c := range append(s.world.guildCommands(i.Guild), s.world.listCommands(0)...) {
		if s.world.findCommand(i.Guild, c.Kind, c.Name) == c && s.authorise(i, c) == nil {
			out = append(out, c)
		}
	}
	return out
}

func (w *world) guildCommands(guild ID) []*Command {
	if guild == 0 {
		return nil
	}
	return w.listCommands(guild)
}
