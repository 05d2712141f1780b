package spec

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// A route is an operation of the file.
type route struct {
	method    string
	template  string   // as in the file
	parts     []string // of the template
	schema    string   // JSON pointer of the body's schema; "" where the operation takes none
	responses string   // JSON pointer of its answers
	required  bool     // it must have a body
}

var version = regexp.MustCompile(`^/api(/v(9|10))?/`)

// routes lists the operations of the file; those with fewer variables come first, so that @original wins over
// {message_id}.
func routes(paths map[string]any) []route {
	var out []route
	for template, item := range paths {
		for method, op := range object(item) {
			if !slices.Contains([]string{"get", "post", "put", "patch", "delete"}, method) {
				continue
			}
			r := route{method: strings.ToUpper(method), template: template, parts: strings.Split(template, "/")}
			pointer := "#/paths/" + escape(template) + "/" + method
			r.responses = pointer + "/responses"
			body := object(object(op)["requestBody"])
			if object(body["content"])["application/json"] != nil {
				r.schema = pointer + "/requestBody/content/application~1json/schema"
				r.required = body["required"] == true
			}
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b route) int {
		return cmp.Or(strings.Count(a.template, "{")-strings.Count(b.template, "{"), cmp.Compare(a.template, b.template))
	})
	return out
}

func escape(s string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(s) }

// find is the operation of a request. The path may start with /api, /api/v9 or /api/v10 and may have a query.
func (s *Spec) find(method, path string) (route, bool) {
	path, _, _ = strings.Cut(path, "?")
	path = version.ReplaceAllString(path, "/")
	parts := strings.Split(path, "/")
	for _, r := range s.routes {
		if r.method == method && r.matches(parts) {
			return r, true
		}
	}
	return route{}, false
}

func (r route) matches(parts []string) bool {
	if len(parts) != len(r.parts) {
		return false
	}
	for i, p := range r.parts {
		if variable := strings.HasPrefix(p, "{"); variable && parts[i] == "" || !variable && parts[i] != p {
			return false
		}
	}
	return true
}
