package discordsim

import "net/http"

func (s *Server) gatewayRoutes(*http.ServeMux) {}
