package discordsim

import (
	"slices"
	"strings"
	"time"
)

// The functions of this file write what the world holds as Discord's JSON. They are called with mu held.

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000-07:00")
}

// wireUser is a user; that of an unknown one is a deleted user.
func (s *Server) wireUser(u *User) Object {
	if u == nil {
		u = &User{Name: "deleted_user"}
	}
	o := Object{
		"id": u.ID.String(), "username": u.Name, "global_name": nil, "discriminator": "0", "avatar": nil,
		"public_flags": 0, "flags": 0, "primary_guild": nil,
	}
	if u.Bot {
		o["bot"] = true
	} else {
		o["global_name"] = u.Global
	}
	return o
}

// wireChannel is a channel; user is whose permissions an interaction tells with it, 0 nobody's.
func (s *Server) wireChannel(c *Channel, user ID) Object {
	if c == nil {
		return nil
	}
	o := Object{"id": c.ID.String(), "type": int(c.Kind), "flags": 0, "last_message_id": nil}
	if n := len(c.messages); n > 0 {
		o["last_message_id"] = c.messages[n-1].String()
	}
	if c.Guild == 0 {
		people := []Object{}
		for _, id := range c.People {
			if id != s.world.app.Bot {
				people = append(people, s.wireUser(s.world.users[id]))
			}
		}
		o["recipients"] = people
	} else {
		o["guild_id"], o["name"], o["position"] = c.Guild.String(), c.Name, 0
		o["nsfw"], o["parent_id"], o["permission_overwrites"] = c.Restricted, nil, c.wireOverwrites()
	}
	if c.Kind.thread() {
		delete(o, "nsfw") // a thread has none of its own: one asks its channel
		o["parent_id"] = c.Parent.String()
		o["thread_metadata"] = Object{
			"archived": c.Archived, "locked": false, "auto_archive_duration": 1440, "archive_timestamp": stamp(c.ID.Time()),
		}
	}
	if user != 0 {
		o["permissions"] = s.world.permissions(user, c).String()
	}
	return o
}

func (c *Channel) wireOverwrites() []Object {
	out := []Object{}
	for id, w := range c.Overwrites {
		kind := 1 // a member
		if id == c.Guild {
			kind = 0 // a role; @everyone has the guild's id
		}
		out = append(out, Object{"id": id.String(), "type": kind, "allow": w.Allow.String(), "deny": w.Deny.String()})
	}
	return out
}

func (s *Server) wireAttachment(a *Attachment) Object {
	o := Object{
		"id": a.ID.String(), "filename": a.Name, "size": a.Size, "url": s.address(a, cdnHost), "proxy_url": s.address(a, mediaHost),
		"flags": 0,
	}
	if a.Type != "" {
		o["content_type"] = a.Type
	}
	if a.Width > 0 {
		o["width"], o["height"] = a.Width, a.Height
	}
	if a.Description != "" {
		o["description"] = a.Description
	}
	if a.Ephemeral {
		o["ephemeral"] = true
	}
	if a.Spoiler {
		o["flags"] = 1 << 5
	}
	return o
}

// wireMessage is a message. Attachments that an embed shows are not listed, and the embed has their address.
func (s *Server) wireMessage(m *Message) Object {
	author := s.wireUser(s.world.users[m.Author])
	o := Object{
		"id": m.ID.String(), "channel_id": m.Channel.String(), "type": m.kind(), "content": m.Content, "author": author,
		"embeds": s.wireEmbeds(m), "components": s.wireComponents(m), "flags": m.Flags,
		"timestamp": stamp(m.Created), "edited_timestamp": stamp(m.Edited), "tts": false, "pinned": false,
		"mention_everyone": m.Everyone, "mention_roles": []string{},
	}
	listed, mentions, shown := []Object{}, []Object{}, m.shown()
	for _, a := range m.Attachments {
		if !slices.Contains(shown, a.Name) {
			listed = append(listed, s.wireAttachment(a))
		}
	}
	for _, id := range m.Pinged {
		mentions = append(mentions, s.wireUser(s.world.users[id]))
	}
	o["attachments"], o["mentions"] = listed, mentions
	if m.Nonce != "" {
		o["nonce"] = m.Nonce
	}
	s.wireOrigin(o, m)
	return o
}

// wireOrigin says where a message comes from: an interaction, or the message that it replies to.
func (s *Server) wireOrigin(o Object, m *Message) {
	if m.App != 0 {
		o["application_id"], o["webhook_id"] = m.App.String(), m.App.String()
	}
	if m.Interaction != 0 {
		o["interaction_metadata"] = s.wireMetadata(m.Interaction, m.Asker)
	}
	if m.Reference != 0 {
		ref := Object{"type": 0, "message_id": m.Reference.String(), "channel_id": m.RefChannel.String()}
		if m.Guild != 0 {
			ref["guild_id"] = m.Guild.String()
		}
		o["message_reference"], o["referenced_message"] = ref, nil
		if r := s.world.messages[m.Reference]; r != nil {
			once := *r
			once.Reference = 0 // a reply within a reply is not told
			o["referenced_message"] = s.wireMessage(&once)
		}
	}
}

// wireMetadata says what an interaction was. That of a modal names the one that opened it.
func (s *Server) wireMetadata(id, asker ID) Object {
	o := Object{
		"id": id.String(), "type": int(CommandInteraction), "user": s.wireUser(s.world.users[asker]),
		"authorizing_integration_owners": Object{},
	}
	i := s.world.interactions[id]
	if i == nil {
		return o
	}
	o["type"], o["authorizing_integration_owners"] = int(i.Kind), i.Owners
	if i.Message != 0 {
		o["interacted_message_id"] = i.Message.String()
	}
	if i.opener != 0 {
		delete(o, "interacted_message_id")
		o["triggering_interaction_metadata"] = s.wireMetadata(i.opener, asker)
	}
	return o
}

// kind is Discord's number: 19 a reply, 20 the answer to a command, 0 any other.
func (m *Message) kind() int {
	switch {
	case m.Reference != 0:
		return 19
	case m.Command != "":
		return 20
	}
	return 0
}

// shown are the names of attachments that embeds and components refer to.
func (m *Message) shown() []string {
	var names []string
	for _, e := range m.Embeds {
		for _, u := range embedAddresses(e) {
			if name, ok := strings.CutPrefix(u, attachmentScheme); ok {
				names = append(names, name)
			}
		}
	}
	return names
}
