package discordsim

import (
	"fmt"
)

// mention is a user, channel or role as a value; it is resolved beside the options.
func (f *filler) mention(kind int, given any) (any, error) {
	id, ok := given.(ID)
	if !ok {
		return nil, fmt.Errorf("%v is no user, channel or role", given)
	}
	w := f.s.world
	g := w.guilds[f.i.Guild]
	switch {
	case kind == optionChannel && w.channels[id] != nil:
		f.resolve("channels", id, f.s.wireChannel(w.channels[id], f.i.User))
	case (kind == optionUser || kind == optionMention) && w.users[id] != nil:
		return id.String(), f.user(id)
	case (kind == optionRole || kind == optionMention) && g != nil && g.Roles[id].ID != 0:
		f.resolve("roles", id, Object{"id": id.String(), "name": g.Roles[id].Name, "permissions": fmt.Sprint(uint64(g.Roles[id].Allow))})
	default:
		return nil, fmt.Errorf("there is no %s of that kind", id)
	}
	return id.String(), nil
}

// user resolves a user and, in a guild, the member.
func (f *filler) user(id ID) error {
	w := f.s.world
	f.resolve("users", id, f.s.wireUser(w.users[id]))
	if g := w.guilds[f.i.Guild]; g != nil {
		if _, ok := g.Members[id]; ok {
			member := f.s.memberOf(g, id, w.channels[f.i.Channel])
			delete(member, "user")
			delete(member, "deaf")
			delete(member, "mute")
			f.resolve("members", id, member)
		}
	}
	return nil
}

// upload stores a file that a person attaches, if it is not larger than the person may send, and resolves it.
func (f *filler) upload(u Upload) (any, error) {
	if limit := f.s.sizeLimit(f.i); int64(len(u.Data)) > limit {
		return nil, fmt.Errorf("%s has %d bytes, %d are allowed", u.Name, len(u.Data), limit)
	}
	a := f.s.keepUpload(f.i.Channel, u)
	f.resolve("attachments", a.ID, f.s.wireAttachment(a))
	return a.ID.String(), nil
}
