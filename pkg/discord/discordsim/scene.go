package discordsim

// Scene is a Discord for people to try an application in.
type Scene struct {
	Guild, Foreign         ID // Foreign: a guild without the bot
	Pictures, Videos       ID // channels of the guild
	Adults                 ID // an age-restricted one
	Elsewhere              ID // a channel of Foreign
	Private                ID // Carlos and Ann, without the bot
	Ann, Bob, Mara, Carlos ID // Mara is a moderator; Carlos installed the application and speaks Spanish
}

// Populate makes the scene in which the page and the demo begin. tier is the guild's boost tier, which decides how
// large files may be.
func (s *Server) Populate(tier int) Scene {
	var c Scene
	c.Ann = s.AddUser(NewUser{Name: "ann"}).ID
	c.Bob = s.AddUser(NewUser{Name: "bob"}).ID
	c.Mara = s.AddUser(NewUser{Name: "mara, moderator"}).ID
	c.Carlos = s.AddUser(NewUser{Name: "carlos", Locale: "es-ES", Installed: true}).ID
	owner := s.App().Owner
	c.Guild = s.AddGuild(NewGuild{Name: "The Studio", Owner: owner, Tier: tier}).ID
	s.AddRole(c.Guild, "moderators", ManageMessages, c.Mara)
	c.Pictures = s.AddChannel(NewChannel{Guild: c.Guild, Name: "pictures"}).ID
	c.Videos = s.AddChannel(NewChannel{Guild: c.Guild, Name: "videos"}).ID
	c.Adults = s.AddChannel(NewChannel{Guild: c.Guild, Name: "adults", Restricted: true}).ID
	c.Foreign = s.AddGuild(NewGuild{Name: "A server without the bot", Owner: owner, Absent: true}).ID
	c.Elsewhere = s.AddChannel(NewChannel{Guild: c.Foreign, Name: "elsewhere"}).ID
	c.Private = s.AddChannel(NewChannel{People: []ID{c.Carlos, c.Ann}}).ID
	return c
}
