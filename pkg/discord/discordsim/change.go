package discordsim

import "slices"

// change is what a request says about a message; what it leaves out is nil.
type change struct {
	content     *string
	embeds      *[]Object
	components  *[]Object
	flags       int
	attachments *[]Object // those that stay, and words about new ones
	mentions    Object    // allowed_mentions
	mentioned   bool      // allowed_mentions are there
	reference   Object
	nonce       string
	enforce     bool
}

func changeOf(o Object) change {
	c := change{flags: intOf(o, "flags"), mentions: objectOf(o, "allowed_mentions"), reference: objectOf(o, "message_reference")}
	c.mentioned = c.mentions != nil
	c.enforce = boolOr(o, "enforce_nonce", false)
	if v, ok := o["content"]; ok {
		s, _ := v.(string)
		c.content = &s
	}
	c.embeds, c.components = listIn(o, "embeds"), listIn(o, "components")
	if o["attachments"] != nil {
		c.attachments = listIn(o, "attachments")
	}
	switch v := o["nonce"].(type) {
	case string:
		c.nonce = v
	case interface{ String() string }: // a number
		c.nonce = v.String()
	}
	return c
}

// listIn is a list of objects, empty for null, nil where it is not there.
func listIn(o Object, key string) *[]Object {
	if _, ok := o[key]; !ok {
		return nil
	}
	list := objectsOf(o, key)
	return &list
}

// apply makes a message of the one before and a change. limit is what one file may have; the files of the call become
// the message's. Called with mu held; the world is not yet changed.
func (s *Server) apply(old Message, ch change, c *call, limit int64) (*Message, *apiError) {
	m := old
	if ch.content != nil {
		m.Content = *ch.content
	}
	if ch.embeds != nil {
		m.Embeds = *ch.embeds
	}
	if ch.components != nil {
		m.Components = numbered(*ch.components)
	}
	m.Flags |= ch.flags & (FlagSuppressEmbeds | FlagComponentsV2 | FlagSuppressNotifications)
	for _, a := range c.staged {
		if a.Size > limit {
			return nil, errTooLarge()
		}
	}
	var refused *apiError
	if m.Attachments, refused = s.attach(&old, ch, c); refused != nil {
		return nil, refused
	}
	if problem := m.problem(&old); problem != "" {
		s.violated(c.where(), problem, c.body.Raw)
		return nil, invalid(problem)
	}
	if s.faults.blocked(&m) {
		return nil, errAutoMod()
	}
	return &m, nil
}

// attach is the list of attachments after a change: without `attachments` all stay and the new ones follow, with it
// those stay that it names.
func (s *Server) attach(old *Message, ch change, c *call) ([]*Attachment, *apiError) {
	var kept []*Attachment
	if ch.attachments == nil {
		kept = slices.Clone(old.Attachments)
	} else {
		for _, o := range *ch.attachments {
			id := idOf(o, "id")
			if described(c, o, id) {
				continue
			}
			i := slices.IndexFunc(old.Attachments, func(a *Attachment) bool { return a.ID == id })
			if i < 0 {
				problem := "attachments name " + id.String() + ", which the message does not have"
				s.violated(c.where(), problem, c.body.Raw)
				return nil, invalid(problem)
			}
			kept = append(kept, old.Attachments[i])
		}
	}
	for _, a := range c.staged {
		a.Channel, a.Ephemeral = old.Channel, old.Ephemeral()
	}
	return append(kept, c.staged...), nil
}

// described applies what a request says about the n-th of its files.
func described(c *call, o Object, n ID) bool {
	for i, f := range c.body.Files {
		if ID(f.Index) != n {
			continue
		}
		a := c.staged[i]
		if name := textOf(o, "filename"); name != "" && name != a.Name {
			renamed := newAttachment(name, f.Type, nil)
			a.Name, a.Type, a.Spoiler = renamed.Name, renamed.Type, renamed.Spoiler
		}
		a.Description = textOf(o, "description")
		a.Spoiler = a.Spoiler || boolOr(o, "is_spoiler", false)
		return true
	}
	return false
}

// idOf is an identifier or an index, given as a string or a number.
func idOf(o Object, key string) ID {
	if n, ok := numberOf(o, key); ok {
		return ID(n)
	}
	id, _ := ParseID(textOf(o, key))
	return id
}
