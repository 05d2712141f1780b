package spec

import (
	"encoding/json"
	"maps"
	"strconv"
)

// exempt turns what Discord takes and the file refuses into what both take. doc is not changed.
func exempt(k kind, doc any) any {
	switch {
	case k.commands():
		if l, ok := doc.([]any); ok {
			out := make([]any, len(l))
			for i, c := range l {
				out[i] = exemptCommand(c)
			}
			return out
		}
		return exemptCommand(doc)
	case k == kindAnswer:
		m := object(doc)
		if data := object(m["data"]); data["attachments"] != nil {
			return with(m, "data", exemptAttachments(data))
		}
	case k.message():
		return exemptAttachments(doc)
	}
	return doc
}

// exemptCommand: default_member_permissions is a string of digits in the documentation and in every answer, an integer
// in the request's schema; nsfw is documented and not in the file.
func exemptCommand(v any) any {
	m := object(v)
	if m == nil {
		return v
	}
	if s, ok := m["default_member_permissions"].(string); ok {
		if _, err := strconv.ParseUint(s, 10, 64); err == nil {
			m = with(m, "default_member_permissions", json.Number(s))
		}
	}
	if _, ok := m["nsfw"].(bool); ok {
		m = maps.Clone(m)
		delete(m, "nsfw")
	}
	return m
}

// exemptAttachments: the documentation's own examples number new files by integers, the schema wants strings.
func exemptAttachments(v any) any {
	m := object(v)
	l := list(m["attachments"])
	if len(l) == 0 {
		return v
	}
	out := make([]any, len(l))
	for i, a := range l {
		out[i] = a
		if n, ok := object(a)["id"].(json.Number); ok {
			out[i] = with(object(a), "id", n.String())
		}
	}
	return with(m, "attachments", out)
}

func with(m map[string]any, key string, v any) map[string]any {
	m = maps.Clone(m)
	m[key] = v
	return m
}
