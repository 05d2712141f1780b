package discordsim

import (
	"maps"
	"strings"
)

// wireComponents are the components of a message; pictures and files in them get their addresses.
func (s *Server) wireComponents(m *Message) []Object {
	out := make([]Object, 0, len(m.Components))
	for _, c := range m.Components {
		out = append(out, s.wireComponent(m, c))
	}
	return out
}

func (s *Server) wireComponent(m *Message, c Object) Object {
	c = maps.Clone(c)
	for key, v := range c {
		switch v := v.(type) {
		case Object:
			c[key] = s.wireComponent(m, v)
		case []any:
			list := make([]any, len(v))
			for i, e := range v {
				list[i] = e
				if o, ok := e.(Object); ok {
					list[i] = s.wireComponent(m, o)
				}
			}
			c[key] = list
		case string:
			if name, ok := strings.CutPrefix(v, attachmentScheme); ok && key == "url" {
				s.wireMedia(m, c, name)
			}
		}
	}
	return c
}

// wireMedia fills an unfurled media item.
func (s *Server) wireMedia(m *Message, c Object, name string) {
	a := m.attachment(name)
	if a == nil {
		a = &Attachment{ID: m.ID, Channel: m.Channel, Name: name}
	}
	c["url"], c["proxy_url"] = s.address(a, cdnHost), s.address(a, mediaHost)
	c["content_type"], c["attachment_id"] = a.Type, a.ID.String()
	if a.Width > 0 {
		c["width"], c["height"] = a.Width, a.Height
	}
}
