package discordsim

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"time"
)

func commandEndpoints() []endpoint {
	const global = " /applications/{app}/commands"
	const local = " /applications/{app}/guilds/{guild}/commands"
	var all []endpoint
	for _, path := range []string{global, local} {
		all = append(all, []endpoint{
			{"GET" + path, classOther, true, (*Server).getCommands},
			{"PUT" + path, classOther, true, (*Server).putCommands},
			{"POST" + path, classOther, true, (*Server).postCommand},
			{"GET" + path + "/{command}", classOther, true, (*Server).getCommand},
			{"PATCH" + path + "/{command}", classOther, true, (*Server).patchCommand},
			{"DELETE" + path + "/{command}", classOther, true, (*Server).deleteCommand},
		}...)
	}
	return all
}

// shelf is where the commands of a call belong: those of a guild, or the global ones.
func (s *Server) shelf(c *call) (ID, *apiError) {
	if c.id("app") != s.world.app.ID {
		return 0, refuse(http.StatusForbidden, 20012, "You are not authorized to perform this action on this application")
	}
	if c.r.PathValue("guild") == "" {
		return 0, nil
	}
	g := s.world.guilds[c.id("guild")]
	switch {
	case g == nil:
		return 0, errGuild()
	case !g.Installed:
		return 0, errAccess()
	}
	return g.ID, nil
}

func (s *Server) getCommands(c *call) (int, any, *apiError) {
	guild, refused := s.shelf(c)
	if refused != nil {
		return 0, nil, refused
	}
	return http.StatusOK, s.wireCommands(guild), nil
}

func (s *Server) wireCommands(guild ID) []Object {
	out := []Object{}
	for _, cmd := range s.world.listCommands(guild) {
		out = append(out, s.wireCommand(cmd))
	}
	return out
}

// putCommands replaces all commands. Those that were there under the same type and name keep their ids; new ones
// count towards the day's.
func (s *Server) putCommands(c *call) (int, any, *apiError) {
	guild, refused := s.shelf(c)
	if refused != nil {
		return 0, nil, refused
	}
	next, created := map[ID]*Command{}, 0
	list, _ := c.body.Doc.([]any)
	for _, v := range list {
		o, _ := v.(Object)
		cmd, fresh := s.world.define(guild, o)
		next[cmd.ID] = cmd
		if fresh {
			created++
		}
	}
	if !s.world.createToday(guild, created, c.now, s.limits.CommandsADay) {
		return 0, nil, errDailyCommands()
	}
	s.world.commands[guild] = next
	s.publish(Event{Kind: CommandsChanged, Guild: guild})
	return http.StatusOK, s.wireCommands(guild), nil
}

func (s *Server) postCommand(c *call) (int, any, *apiError) {
	guild, refused := s.shelf(c)
	if refused != nil {
		return 0, nil, refused
	}
	cmd, fresh := s.world.define(guild, c.payload())
	if fresh && !s.world.createToday(guild, 1, c.now, s.limits.CommandsADay) {
		return 0, nil, errDailyCommands()
	}
	status := http.StatusOK
	if fresh {
		status = http.StatusCreated
	}
	return status, s.putCommand(cmd), nil
}

func (s *Server) putCommand(cmd *Command) Object {
	if s.world.commands[cmd.Guild] == nil {
		s.world.commands[cmd.Guild] = map[ID]*Command{}
	}
	s.world.commands[cmd.Guild][cmd.ID] = cmd
	s.publish(Event{Kind: CommandsChanged, Guild: cmd.Guild})
	return s.wireCommand(cmd)
}

// named is the command of a call.
func (s *Server) named(c *call) (*Command, *apiError) {
	guild, refused := s.shelf(c)
	if refused != nil {
		return nil, refused
	}
	if cmd := s.world.commands[guild][c.id("command")]; cmd != nil {
		return cmd, nil
	}
	return nil, errCommand()
}

func (s *Server) getCommand(c *call) (int, any, *apiError) {
	cmd, refused := s.named(c)
	if refused != nil {
		return 0, nil, refused
	}
	return http.StatusOK, s.wireCommand(cmd), nil
}

func (s *Server) patchCommand(c *call) (int, any, *apiError) {
	cmd, refused := s.named(c)
	if refused != nil {
		return 0, nil, refused
	}
	merged := maps.Clone(cmd.Definition)
	maps.Copy(merged, c.payload())
	changed := *cmd
	changed.Definition, changed.Version, changed.Name = merged, s.world.newID(), textOf(merged, "name")
	return http.StatusOK, s.putCommand(&changed), nil
}

func (s *Server) deleteCommand(c *call) (int, any, *apiError) {
	cmd, refused := s.named(c)
	if refused != nil {
		return 0, nil, refused
	}
	delete(s.world.commands[cmd.Guild], cmd.ID)
	s.publish(Event{Kind: CommandsChanged, Guild: cmd.Guild})
	return http.StatusNoContent, nil, nil
}

// define makes a command of a body. One of the same type and name keeps its id, and its version where nothing changed.
func (w *world) define(guild ID, o Object) (cmd *Command, fresh bool) {
	kind, name := intOr(o, "type", 1), textOf(o, "name")
	for _, old := range w.commands[guild] {
		if old.Kind == kind && old.Name == name {
			if reflect.DeepEqual(old.Definition, o) {
				return old, false
			}
			return &Command{ID: old.ID, Guild: guild, Version: w.newID(), Kind: kind, Name: name, Definition: o}, false
		}
	}
	id := w.newID()
	return &Command{ID: id, Guild: guild, Version: w.newID(), Kind: kind, Name: name, Definition: o}, true
}

// createToday counts new commands of a guild; false: they are more than a day has. 0 does not limit.
func (w *world) createToday(guild ID, n int, now time.Time, most int) bool {
	d := w.created[guild]
	if now.Sub(d.since) >= 24*time.Hour {
		d = creations{since: now}
	}
	if most > 0 && d.count+n > most {
		return false
	}
	d.count += n
	w.created[guild] = d
	return true
}

// creations are the commands that were made in a guild since a moment.
type creations struct {
	since time.Time
	count int
}

// wireCommand is a command with the defaults that Discord fills in.
func (s *Server) wireCommand(cmd *Command) Object {
	o := Object{
		"nsfw": false, "description": "", "default_member_permissions": nil, "integration_types": []int{0}, "contexts": nil,
		"name_localizations": nil, "description_localizations": nil,
	}
	maps.Copy(o, cmd.Definition)
	o["id"], o["application_id"], o["version"] = cmd.ID.String(), s.world.app.ID.String(), cmd.Version.String()
	o["type"] = cmd.Kind
	if cmd.Guild != 0 {
		o["guild_id"] = cmd.Guild.String()
	}
	if n, ok := o["default_member_permissions"].(json.Number); ok {
		o["default_member_permissions"] = n.String()
	}
	return o
}
