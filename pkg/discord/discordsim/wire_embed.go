package discordsim

import (
	"maps"
	"strings"
)

const attachmentScheme = "attachment://"

// pictureFields are where an embed has addresses of pictures, as key and sub-key.
func pictureFields() [][2]string {
	return [][2]string{{"image", "url"}, {"thumbnail", "url"}, {"footer", "icon_url"}, {"author", "icon_url"}}
}

// embedAddresses are the addresses of the pictures of an embed as they were sent.
func embedAddresses(e Object) []string {
	var out []string
	for _, f := range pictureFields() {
		if u := textOf(objectOf(e, f[0]), f[1]); u != "" {
			out = append(out, u)
		}
	}
	return out
}

// wireEmbeds are the embeds of a message with attachment:// replaced by addresses and dimensions.
func (s *Server) wireEmbeds(m *Message) []Object {
	out := make([]Object, 0, len(m.Embeds))
	for _, e := range m.Embeds {
		e = maps.Clone(e)
		e["type"] = "rich"
		for _, f := range pictureFields() {
			if part := objectOf(e, f[0]); part != nil {
				e[f[0]] = s.wirePicture(m, part, f[1])
			}
		}
		if fields := objectsOf(e, "fields"); fields != nil {
			e["fields"] = wireFields(fields)
		}
		out = append(out, e)
	}
	return out
}

// wireFields say whether they are inline also where they were not asked.
func wireFields(fields []Object) []Object {
	out := make([]Object, len(fields))
	for i, f := range fields {
		out[i] = maps.Clone(f)
		out[i]["inline"] = boolOr(f, "inline", false)
	}
	return out
}

func (s *Server) wirePicture(m *Message, part Object, key string) Object {
	part = maps.Clone(part)
	name, ok := strings.CutPrefix(textOf(part, key), attachmentScheme)
	if !ok {
		return part
	}
	a := m.attachment(name)
	if a == nil { // it was removed while the embed stayed: an address where nothing is
		a = &Attachment{ID: m.ID, Channel: m.Channel, Name: name}
	}
	part[key], part["proxy_"+key] = s.address(a, cdnHost), s.address(a, mediaHost)
	if key == "url" && a.Width > 0 {
		part["width"], part["height"] = a.Width, a.Height
	}
	return part
}

// attachment is the attachment of a name, or nil.
func (m *Message) attachment(name string) *Attachment {
	for _, a := range m.Attachments {
		if a.Name == name {
			return a
		}
	}
	return nil
}
