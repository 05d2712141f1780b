package discordsim

import "strconv"

// Permission is a set of Discord's permission bits.
type Permission uint64

// The permissions that this Discord asks about.
const (
	Administrator      Permission = 1 << 3
	ViewChannel        Permission = 1 << 10
	SendMessages       Permission = 1 << 11
	ManageMessages     Permission = 1 << 13
	EmbedLinks         Permission = 1 << 14
	AttachFiles        Permission = 1 << 15
	ReadMessageHistory Permission = 1 << 16
	MentionEveryone    Permission = 1 << 17
	UseCommands        Permission = 1 << 31
	SendInThreads      Permission = 1 << 38
	UseExternalApps    Permission = 1 << 50
	everyone                      = ViewChannel | SendMessages | EmbedLinks | AttachFiles | ReadMessageHistory | UseCommands | SendInThreads | UseExternalApps
	everything         Permission = 1<<53 - 1
)

// String is the decimal number that Discord writes as a string.
func (p Permission) String() string { return strconv.FormatUint(uint64(p), 10) }

// permissions of a user in a channel: the guild's roles, then the channel's overwrites for them, then those for the
// user, as Discord computes them. Whoever takes part in a direct message may do everything there.
func (w *world) permissions(user ID, c *Channel) Permission {
	g := w.guilds[c.Guild]
	if g == nil {
		if c.takesPart(user) {
			return everything
		}
		return 0
	}
	roles, member := g.Members[user]
	if !member {
		return 0
	}
	p := g.Roles[g.ID].Allow
	for _, r := range roles {
		p |= g.Roles[r].Allow
	}
	if user == g.Owner || p&Administrator != 0 {
		return everything
	}
	if parent := w.channels[c.Parent]; c.Kind.thread() && parent != nil {
		c = parent // a thread has the overwrites of its channel
	}
	return c.overwrite(p, g.ID, roles, user)
}

// overwrite applies the overwrites of a channel in Discord's order: @everyone, all roles together, the user.
func (c *Channel) overwrite(p Permission, everyone ID, roles []ID, user ID) Permission {
	o := c.Overwrites[everyone]
	p = p&^o.Deny | o.Allow
	var allow, deny Permission
	for _, r := range roles {
		allow |= c.Overwrites[r].Allow
		deny |= c.Overwrites[r].Deny
	}
	p = p&^deny | allow
	o = c.Overwrites[user]
	p = p&^o.Deny | o.Allow
	if p&ViewChannel == 0 {
		return 0
	}
	return p
}

// Permissions of a user in a channel; 0 where either is unknown.
func (s *Server) Permissions(user, channel ID) Permission {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.world.channels[channel]; ok {
		return s.world.permissions(user, c)
	}
	return 0
}

// Overwrite replaces what a channel allows and denies a role or a user; BotUser is the one that faults deny most.
func (s *Server) Overwrite(channel, who ID, allow, deny Permission) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.world.channels[channel]
	if !ok {
		return
	}
	c.Overwrites[who] = Overwrite{Allow: allow, Deny: deny}
	s.publish(Event{Kind: WorldChanged, Guild: c.Guild, Channel: c.ID})
}
