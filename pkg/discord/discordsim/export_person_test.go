package discordsim

// Register puts a command in place without the detour of REST.
func (s *Server) Register(guild ID, definition Object) ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &Command{
		ID: s.world.newID(), Guild: guild, Kind: intOr(definition, "type", 1), Name: textOf(definition, "name"), Definition: definition,
	}
	if s.world.commands[guild] == nil {
		s.world.commands[guild] = map[ID]*Command{}
	}
	s.world.commands[guild][c.ID] = c
	return c.ID
}

// Multiply puts copies of a message behind it.
func (s *Server) Multiply(id ID, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		m := *s.world.messages[id]
		m.ID = s.world.newID()
		s.putMessage(&m)
	}
}
