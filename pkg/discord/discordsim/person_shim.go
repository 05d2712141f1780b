package discordsim

func (s *Server) wireUser(u *User) Object {
	return Object{"id": u.ID.String(), "username": u.Name, "global_name": u.Name, "discriminator": "0", "avatar": nil, "bot": u.Bot, "public_flags": 0}
}
func (s *Server) wireMessage(m *Message) Object {
	return Object{"id": m.ID.String(), "channel_id": m.Channel.String(), "content": m.Content, "embeds": m.Embeds, "components": m.Components, "flags": m.Flags, "type": 0, "author": s.wireUser(s.world.users[m.Author])}
}
func (s *Server) wireChannel(c *Channel, user ID) Object {
	return Object{"id": c.ID.String(), "type": int(c.Kind), "name": c.Name, "nsfw": c.Restricted}
}
func (s *Server) wireAttachment(a *Attachment) Object {
	return Object{"id": a.ID.String(), "filename": a.Name}
}
func (s *Server) keepUpload(channel ID, u Upload) *Attachment {
	return &Attachment{ID: s.world.newID(), Channel: channel, Name: u.Name, Type: u.Type}
}
