package discordsim

import (
	"strconv"
	"time"
)

// payload is an interaction as the gateway's INTERACTION_CREATE and the endpoint's request carry it.
func (s *Server) payload(i *Interaction, data Object) Object {
	w := s.world
	c, g, u := w.channels[i.Channel], w.guilds[i.Guild], w.users[i.User]
	p := Object{
		"id": i.ID.String(), "application_id": w.app.ID.String(), "type": int(i.Kind), "data": data, "token": i.Token, "version": 1,
		"channel_id": i.Channel.String(), "channel": s.wireChannel(c, i.User), "locale": i.Locale, "context": i.Context,
		"app_permissions":                strconv.FormatUint(uint64(s.appPermissions(i)), 10),
		"authorizing_integration_owners": i.Owners, "entitlements": []any{}, "entitlement_sku_ids": []any{},
		"attachment_size_limit": i.SizeLimit,
	}
	if g != nil {
		p["guild_id"], p["guild_locale"] = g.ID.String(), g.Locale
		p["guild"] = Object{"id": g.ID.String(), "locale": g.Locale, "features": []string{}}
		p["member"] = s.memberOf(g, i.User, c)
	} else {
		p["user"] = s.wireUser(u)
	}
	if m := w.messages[i.Message]; m != nil {
		p["message"] = s.wireMessage(m)
	}
	return p
}

// memberOf is a member of a guild with the permissions that they have in a channel.
func (s *Server) memberOf(g *Guild, user ID, c *Channel) Object {
	o := s.wireMember(g, user)
	o["unusual_dm_activity_until"] = nil
	o["permissions"] = strconv.FormatUint(uint64(s.world.permissions(user, c)), 10)
	return o
}

func (s *Server) wireMember(g *Guild, user ID) Object {
	roles := []string{}
	for _, r := range g.Members[user] {
		roles = append(roles, r.String())
	}
	return Object{
		"user": s.wireUser(s.world.users[user]), "nick": nil, "avatar": nil, "banner": nil, "roles": roles,
		"joined_at": g.ID.Time().Format(time.RFC3339), "premium_since": nil, "deaf": false, "mute": false, "flags": 0,
		"pending": false, "communication_disabled_until": nil,
	}
}
