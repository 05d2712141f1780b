package discordsim

import (
	"net/http"
	"strings"
)

func placeEndpoints() []endpoint {
	return []endpoint{
		{"GET /channels/{channel}", classOther, true, (*Server).getChannel},
		{"GET /guilds/{guild}", classOther, true, (*Server).getGuild},
		{"GET /guilds/{guild}/channels", classOther, true, (*Server).getGuildChannels},
		{"GET /guilds/{guild}/members/{user}", classOther, true, (*Server).getMember},
		{"GET /users/@me", classOther, true, (*Server).getMe},
		{"GET /users/{user}", classOther, true, (*Server).getUser},
		{"GET /users/@me/guilds", classOther, true, (*Server).getMyGuilds},
		{"POST /users/@me/channels", classOther, true, (*Server).openDM},
	}
}

func (s *Server) getChannel(c *call) (int, any, *apiError) {
	ch, refused := s.place(c, 0)
	if refused != nil {
		return 0, nil, refused
	}
	return http.StatusOK, s.wireChannel(ch, 0), nil
}

// home is the guild of a call, if the bot is in it.
func (s *Server) home(c *call) (*Guild, *apiError) {
	g := s.world.guilds[c.id("guild")]
	switch {
	case g == nil:
		return nil, errGuild()
	case !g.Installed:
		return nil, errAccess()
	}
	return g, nil
}

func (s *Server) getGuild(c *call) (int, any, *apiError) {
	g, refused := s.home(c)
	if refused != nil {
		return 0, nil, refused
	}
	return http.StatusOK, wireGuild(g), nil
}

func wireGuild(g *Guild) Object {
	roles := []Object{}
	for _, r := range g.Roles {
		roles = append(roles, Object{
			"id": r.ID.String(), "name": r.Name, "permissions": r.Allow.String(), "color": 0, "hoist": false, "position": 0,
			"managed": false, "mentionable": false, "flags": 0, "icon": nil, "unicode_emoji": nil,
			"colors": Object{"primary_color": 0, "secondary_color": nil, "tertiary_color": nil},
		})
	}
	o := Object{
		"id": g.ID.String(), "name": g.Name, "owner_id": g.Owner.String(), "premium_tier": g.Tier, "preferred_locale": g.Locale,
		"roles": roles, "features": []string{}, "emojis": []any{}, "stickers": []any{}, "region": "deprecated",
		"premium_progress_bar_enabled": false, "nsfw": false, "widget_enabled": false,
	}
	for key := range strings.FieldsSeq(`icon description home_header splash discovery_splash banner application_id
		afk_channel_id system_channel_id widget_channel_id vanity_url_code rules_channel_id safety_alerts_channel_id
		public_updates_channel_id incidents_data max_presences`) {
		o[key] = nil
	}
	for key := range strings.FieldsSeq(`system_channel_flags verification_level default_message_notifications
		mfa_level explicit_content_filter max_members max_stage_video_channel_users max_video_channel_users
		premium_subscription_count nsfw_level`) {
		o[key] = 0
	}
	o["afk_timeout"] = 300 // seconds; Discord has no 0
	return o
}

// getGuildChannels lists the channels that the bot sees; threads are not among them.
func (s *Server) getGuildChannels(c *call) (int, any, *apiError) {
	g, refused := s.home(c)
	if refused != nil {
		return 0, nil, refused
	}
	out := []Object{}
	for _, ch := range s.world.channels {
		if ch.Guild == g.ID && !ch.Kind.thread() {
			out = append(out, s.wireChannel(ch, 0))
		}
	}
	return http.StatusOK, out, nil
}

func (s *Server) getMember(c *call) (int, any, *apiError) {
	g, refused := s.home(c)
	if refused != nil {
		return 0, nil, refused
	}
	user := c.id("user")
	if s.world.users[user] == nil {
		return 0, nil, errUser()
	}
	if _, ok := g.Members[user]; !ok {
		return 0, nil, errMember()
	}
	return http.StatusOK, s.wireMember(g, user), nil
}

func (s *Server) getMe(*call) (int, any, *apiError) {
	o := s.wireUser(s.world.users[s.world.app.Bot])
	o["verified"], o["mfa_enabled"], o["locale"], o["email"] = true, true, "en-US", nil
	return http.StatusOK, o, nil
}

func (s *Server) getUser(c *call) (int, any, *apiError) {
	u := s.world.users[c.id("user")]
	if u == nil {
		return 0, nil, errUser()
	}
	return http.StatusOK, s.wireUser(u), nil
}

func (s *Server) getMyGuilds(*call) (int, any, *apiError) {
	out := []Object{}
	for _, g := range s.world.guilds {
		if g.Installed {
			out = append(out, Object{"id": g.ID.String(), "name": g.Name, "icon": nil, "banner": nil, "owner": false, "permissions": "0", "features": []string{}})
		}
	}
	return http.StatusOK, out, nil
}

// openDM gives the direct channel of the bot and a user.
func (s *Server) openDM(c *call) (int, any, *apiError) {
	user := idOf(c.payload(), "recipient_id")
	if u := s.world.users[user]; u == nil || u.Bot {
		return 0, nil, refuse(http.StatusBadRequest, 50033, "Invalid Recipient(s)")
	}
	return http.StatusOK, s.wireChannel(s.world.dm(user), 0), nil
}
