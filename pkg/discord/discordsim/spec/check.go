package spec

import (
	"fmt"
	"strings"
)

// Check gives all complaints about a request, none where Discord would take its body. path is that of the URL, with or
// without /api/v9 or /api/v10. What depends on more than the body (sizes, permissions, the message that is edited) is
// not judged.
func (s *Spec) Check(method, path, contentType string, body []byte) []string {
	b, err := Parse(contentType, body)
	if err != nil {
		return []string{err.Error()}
	}
	return s.CheckBody(method, path, b)
}

// CheckBody is Check for a body that was parsed already.
func (s *Spec) CheckBody(method, path string, b *Body) []string {
	r, ok := s.find(method, path)
	if !ok {
		return []string{fmt.Sprintf("Discord has no route %s %s", method, path)}
	}
	if r.schema == "" {
		if b.Doc != nil || len(b.Files) > 0 {
			return []string{fmt.Sprintf("%s %s takes no body", method, r.template)}
		}
		return nil
	}
	if b.Doc == nil && len(b.Files) == 0 {
		if r.required {
			return []string{fmt.Sprintf("%s %s needs a body", method, r.template)}
		}
		return nil
	}
	return s.judge(r, b)
}

func (s *Spec) judge(r route, b *Body) []string {
	k := kindOf(r)
	doc := b.Doc
	if doc == nil && len(b.Files) > 0 {
		doc = map[string]any{} // files alone are a message
	}
	doc = exempt(k, doc)
	pointer := s.narrow(r.schema, doc)
	sch, err := s.kept.at(pointer)
	if err != nil {
		return []string{err.Error()}
	}
	complaints := flatten(sch.Validate(doc))
	complaints = append(complaints, s.unknown(pointer, doc)...)
	req := newRequest(k, doc, b.Files)
	for _, rule := range rules {
		if !rule.of(req) {
			continue
		}
		rule.check(req, func(at, format string, args ...any) {
			complaints = append(complaints, strings.TrimPrefix(at+": "+fmt.Sprintf(format, args...), ": "))
		})
	}
	return complaints
}
