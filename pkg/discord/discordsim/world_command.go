package discordsim

import (
	"cmp"
	"slices"
)

// Command is a registered command. It is never changed; another registration puts another one in its place.
type Command struct {
	ID      ID
	Guild   ID // 0: global
	Version ID
	Kind    int // 1 slash, 2 user, 3 message
	Name    string
	// Definition is the body of the request, with Discord's defaults filled in.
	Definition Object
}

// Commands are those registered for a guild, or globally for guild 0, in the order of their names.
func (s *Server) Commands(guild ID) []*Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world.listCommands(guild)
}

func (w *world) listCommands(guild ID) []*Command {
	var out []*Command
	for _, c := range w.commands[guild] {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b *Command) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// findCommand is the command that a person means in a guild: the guild's own before the global one.
func (w *world) findCommand(guild ID, kind int, name string) *Command {
	for _, g := range []ID{guild, 0} {
		for _, c := range w.commands[g] {
			if c.Kind == kind && c.Name == name {
				return c
			}
		}
	}
	return nil
}
