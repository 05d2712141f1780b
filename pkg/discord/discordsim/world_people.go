package discordsim

import (
	"maps"
	"slices"
)

// Application is the bot's application.
type Application struct {
	ID             ID     `json:"id"`
	Name           string `json:"name"`
	Description    string `json:"description"`
	Public         bool   `json:"bot_public"`
	VerifyKey      string `json:"verify_key"`                // hexadecimal Ed25519 public key
	InteractionURL string `json:"interactions_endpoint_url"` // "": the gateway carries interactions
	Owner          ID     `json:"-"`
	Bot            ID     `json:"-"` // its user; has the application's id
}

// User is a person or a bot.
type User struct {
	ID     ID     `json:"id"`
	Name   string `json:"username"`
	Global string `json:"global_name"`
	Bot    bool   `json:"bot"`
	Locale string `json:"locale"`
	// Nitro is the size in bytes of a file that the user may upload anywhere; 0 is the default of everybody.
	Nitro int64 `json:"-"`
	// Installed: the user installed the application for themselves.
	Installed bool `json:"-"`
	// Closed: the user takes no direct messages.
	Closed bool `json:"-"`
}

// Guild is a server.
type Guild struct {
	ID        ID
	Name      string
	Locale    string
	Tier      int         // boost tier 0 to 3; decides the size of files
	Owner     ID          // may do everything
	Installed bool        // the bot is a member
	Roles     map[ID]Role // @everyone has the guild's id
	Members   map[ID][]ID // user to roles, @everyone left out
}

// Role is a set of permissions under a name.
type Role struct {
	ID    ID
	Name  string
	Allow Permission
}

// NewUser describes a user to AddUser.
type NewUser struct {
	Name, Locale string
	Bot          bool
	Nitro        int64
	Installed    bool
	Closed       bool
}

// AddUser makes a user; the locale defaults to en-US.
func (s *Server) AddUser(n NewUser) User {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.world.addUser(n)
	s.publish(Event{Kind: WorldChanged})
	return *u
}

func (w *world) addUser(n NewUser) *User {
	if n.Locale == "" {
		n.Locale = "en-US"
	}
	u := &User{ID: w.newID(), Name: n.Name, Global: n.Name, Bot: n.Bot, Locale: n.Locale, Nitro: n.Nitro, Installed: n.Installed, Closed: n.Closed}
	w.users[u.ID] = u
	return u
}

// NewGuild describes a guild to AddGuild.
type NewGuild struct {
	Name, Locale string
	Tier         int
	Owner        ID
	// Absent: the bot is no member; the application can be there for its user only.
	Absent bool
}

// AddGuild makes a guild whose @everyone may see and write everywhere. All users that exist are its members.
func (s *Server) AddGuild(n NewGuild) Guild {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n.Locale == "" {
		n.Locale = "en-US"
	}
	w := s.world
	g := &Guild{ID: w.newID(), Name: n.Name, Locale: n.Locale, Tier: n.Tier, Owner: n.Owner, Installed: !n.Absent, Members: map[ID][]ID{}}
	g.Roles = map[ID]Role{g.ID: {ID: g.ID, Name: "@everyone", Allow: everyone}}
	for id := range w.users {
		if id != w.app.Bot || g.Installed {
			g.Members[id] = nil
		}
	}
	w.guilds[g.ID] = g
	s.publish(Event{Kind: WorldChanged, Guild: g.ID})
	return g.clone()
}

// AddRole makes a role of a guild and gives it to members, who join if they were not in the guild.
func (s *Server) AddRole(guild ID, name string, allow Permission, members ...ID) Role {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := Role{ID: s.world.newID(), Name: name, Allow: allow}
	g, ok := s.world.guilds[guild]
	if !ok {
		return r
	}
	g.Roles[r.ID] = r
	for _, m := range members {
		g.Members[m] = append(g.Members[m], r.ID)
	}
	s.publish(Event{Kind: WorldChanged, Guild: guild})
	return r
}

// AddMember lets a user join a guild.
func (s *Server) AddMember(guild, user ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g, ok := s.world.guilds[guild]; ok {
		g.Members[user] = append(g.Members[user], []ID{}...)
		s.publish(Event{Kind: WorldChanged, Guild: guild})
	}
}

func (g *Guild) clone() Guild {
	c := *g
	c.Roles = maps.Clone(g.Roles)
	c.Members = make(map[ID][]ID, len(g.Members))
	for u, r := range g.Members {
		c.Members[u] = slices.Clone(r)
	}
	return c
}
