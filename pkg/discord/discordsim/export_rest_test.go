package discordsim

// PointTo sets the interactions endpoint without Discord's test of it.
func (s *Server) PointTo(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.app.InteractionURL = url
}
