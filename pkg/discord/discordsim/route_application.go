package discordsim

import (
	"context"
	"net/http"
	"strings"
)

func applicationEndpoints() []endpoint {
	return []endpoint{
		{"GET /applications/@me", classOther, true, (*Server).getApplication},
		{"PATCH /applications/@me", classOther, true, (*Server).patchApplication},
		{"GET /oauth2/applications/@me", classOther, true, (*Server).getApplication},
		{"GET /gateway", classOther, false, (*Server).getGateway},
		{"GET /gateway/bot", classOther, true, (*Server).getGatewayBot},
	}
}

func (s *Server) getApplication(*call) (int, any, *apiError) {
	return http.StatusOK, s.wireApplication(), nil
}

func (s *Server) wireApplication() Object {
	a := s.world.app
	o := Object{
		"id": a.ID.String(), "name": a.Name, "description": a.Description, "icon": nil, "bot_public": a.Public,
		"bot_require_code_grant": false, "verify_key": a.VerifyKey, "flags": 0, "flags_new": "0", "summary": "", "team": nil,
		"type": nil, "redirect_uris": []string{}, "role_connections_verification_url": nil, "explicit_content_filter": 0,
		"approximate_user_install_count": 0, "approximate_user_authorization_count": 0, "eligible_oauth2_scopes": []string{},
		"owner": s.wireUser(s.world.users[a.Owner]), "bot": s.wireUser(s.world.users[a.Bot]),
		"interactions_endpoint_url": nil, "approximate_guild_count": len(s.world.guilds),
		"integration_types_config": Object{"0": Object{}, "1": Object{}},
	}
	if a.InteractionURL != "" {
		o["interactions_endpoint_url"] = a.InteractionURL
	}
	return o
}

// patchApplication changes the interactions endpoint, which is tested before; Discord waits for the test, so the lock
// is given back meanwhile.
func (s *Server) patchApplication(c *call) (int, any, *apiError) {
	o := c.payload()
	if _, ok := o["interactions_endpoint_url"]; ok {
		if refused := s.moveEndpoint(c.r.Context(), textOf(o, "interactions_endpoint_url")); refused != nil {
			return 0, nil, refused
		}
	}
	if d := objectOf(o, "description"); d != nil {
		s.world.app.Description = textOf(d, "default")
	}
	return http.StatusOK, s.wireApplication(), nil
}

// moveEndpoint is called with mu held and gives it back while it asks.
func (s *Server) moveEndpoint(ctx context.Context, url string) *apiError {
	s.mu.Unlock()
	err := s.SetEndpoint(ctx, url)
	s.mu.Lock()
	if err == nil {
		return nil
	}
	e := invalid("The specified interactions endpoint URL could not be verified: " + err.Error())
	e.Fields = Object{"interactions_endpoint_url": e.Fields}
	return e
}

func (s *Server) getGateway(c *call) (int, any, *apiError) {
	return http.StatusOK, Object{"url": s.gatewayURL(c.r)}, nil
}

func (s *Server) getGatewayBot(c *call) (int, any, *apiError) {
	return http.StatusOK, Object{"url": s.gatewayURL(c.r), "shards": 1, "session_start_limit": s.startLimit()}, nil
}

// gatewayURL has no query, because clients append theirs.
func (s *Server) gatewayURL(r *http.Request) string {
	base := s.url
	if base == "" {
		base = "http://" + r.Host
	}
	return "ws" + strings.TrimPrefix(strings.TrimSuffix(base, "/"), "http") + "/gateway"
}
