package spec

import (
	"fmt"
	"strconv"
)

// CheckAnswer gives all complaints about an answer of Discord, so that a fake can be judged too: a status that the
// operation does not have, and JSON of another shape. Answers that refuse are judged by their status alone.
func (s *Spec) CheckAnswer(method, path string, status int, body []byte) []string {
	r, ok := s.find(method, path)
	if !ok {
		return []string{fmt.Sprintf("Discord has no route %s %s", method, path)}
	}
	if status >= 400 {
		return nil
	}
	pointer := r.responses + "/" + strconv.Itoa(status)
	response := s.resolve(pointer)
	if response == nil {
		return []string{fmt.Sprintf("%s %s never answers %d", method, r.template, status)}
	}
	schema := object(object(response["content"])["application/json"])["schema"]
	if schema == nil {
		if len(body) > 0 {
			return []string{fmt.Sprintf("%s %s answers %d without a body", method, r.template, status)}
		}
		return nil
	}
	b, err := parseJSON(body)
	if err != nil {
		return []string{err.Error()}
	}
	sch, err := s.kept.at(pointer + "/content/application~1json/schema")
	if err != nil {
		return []string{err.Error()}
	}
	return flatten(sch.Validate(b.Doc))
}
