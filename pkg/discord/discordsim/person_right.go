package discordsim

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Where an application can be installed.
const (
	guildInstall = 0
	userInstall  = 1
)

// meant is the command of an invocation, with its full name, sub-commands included.
func (w *world) meant(guild ID, v Invocation) (*Command, string) {
	kind, name := 1, v.Command
	if v.Target != 0 {
		kind = 3
		if w.users[v.Target] != nil {
			kind = 2
		}
	} else {
		name, _, _ = strings.Cut(v.Command, " ")
	}
	return w.findCommand(guild, kind, name), v.Command
}

// authorise fills the owners of an interaction: by whose installation the command is there. The error says why the
// client does not show it.
func (s *Server) authorise(i *Interaction, c *Command) error {
	d := c.Definition
	contexts := intsOf(d, "contexts")
	if c.Guild == 0 && len(contexts) > 0 && !slices.Contains(contexts, i.Context) {
		return errors.New("the command is not offered in this context")
	}
	if c.Guild == 0 && len(contexts) == 0 && i.Context == 1 && !boolOr(d, "dm_permission", true) {
		return errors.New("the command is not offered in direct messages")
	}
	i.Owners = s.owners(i, installs(c))
	if len(i.Owners) == 0 {
		return errors.New("the application is installed neither here nor by this user")
	}
	if boolOr(d, "nsfw", false) && !s.restricted(i) {
		return errors.New("the command is for age-restricted channels")
	}
	return s.permitted(i, textOf(d, "default_member_permissions"))
}

// installs are the integration types of a command. One of a guild is there by the guild's installation alone.
func installs(c *Command) []int {
	types := intsOf(c.Definition, "integration_types")
	if c.Guild != 0 || len(types) == 0 {
		return []int{guildInstall}
	}
	return types
}

// owners is authorizing_integration_owners: "0" the guild, or "0" in a direct message with the bot; "1" the user.
func (s *Server) owners(i *Interaction, types []int) map[string]string {
	w := s.world
	owners := map[string]string{}
	if slices.Contains(types, guildInstall) {
		switch g := w.guilds[i.Guild]; {
		case g != nil && g.Installed:
			owners["0"] = g.ID.String()
		case i.Context == 1:
			owners["0"] = "0"
		}
	}
	if slices.Contains(types, userInstall) && w.users[i.User].Installed {
		owners["1"] = i.User.String()
	}
	return owners
}

// permitted asks default_member_permissions, a number as text; empty allows everybody.
func (s *Server) permitted(i *Interaction, wanted string) error {
	bits, err := strconv.ParseUint(wanted, 10, 64)
	if wanted == "" || err != nil || i.Guild == 0 {
		return nil
	}
	has := s.world.permissions(i.User, s.world.channels[i.Channel])
	if bits == 0 && has != everything || has&Permission(bits) != Permission(bits) {
		return errors.New("the command is not shown to users without its permissions")
	}
	return nil
}

// restricted reports whether a channel, or that of a thread, is for adults.
func (s *Server) restricted(i *Interaction) bool {
	c := s.world.channels[i.Channel]
	if parent := s.world.channels[c.Parent]; c.Kind.thread() && parent != nil {
		c = parent
	}
	return c.Restricted
}

// appPermissions is app_permissions: what the application may do where the interaction was made.
func (s *Server) appPermissions(i *Interaction) Permission {
	const files = AttachFiles | EmbedLinks | MentionEveryone
	w := s.world
	c := w.channels[i.Channel]
	switch {
	case i.Context == 1:
		return files | useExternalEmojis
	case i.Context == 2:
		return files
	case i.guildInstalled():
		return w.permissions(w.app.Bot, c)
	}
	return w.permissions(i.User, c) & (files | useExternalEmojis | UseExternalApps)
}

const useExternalEmojis Permission = 1 << 18
