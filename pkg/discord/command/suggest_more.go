package command

import (
	"strings"

	"discomfy/pkg/workflow"
)

// suggestMore completes the last word of `more` into pairs that can be taken
// as they are. What is complete already stays in front.
func suggestMore(n Name, m workflow.Manifest, typed string) []*choice {
	at := strings.LastIndexAny(typed, separators) + 1
	head, last := typed[:at], typed[at:]
	given, _ := ParseMore(head) // an unreadable head has nothing that is given
	var all []*choice
	add := func(p string) {
		if s := head + p; len(all) < maxChoices && units(s) <= maxValue {
			all = append(all, &choice{Name: s, Value: s})
		}
	}
	key, value, chosen := strings.Cut(last, "=")
	if chosen {
		if p, err := keyed(m, key); err == nil {
			for _, v := range first(matching(usual(p), func(s string) string { return s }, value), maxChoices) {
				add(pair(key, v))
			}
		}
		return all
	}
	for _, p := range unoffered(n, m) {
		values := usual(p)
		if _, twice := given[p.Name]; !twice && len(values) > 0 && strings.HasPrefix(p.Name, strings.ToLower(last)) {
			add(pair(p.Name, values[0]))
		}
	}
	return all
}

// unoffered are the parameters that no option of the command means.
func unoffered(n Name, m workflow.Manifest) []workflow.Parameter {
	taken := map[string]bool{}
	for _, option := range optionsOf(n) {
		if p, ok := role(option).param(m); ok {
			taken[p.Name] = true
		}
	}
	var rest []workflow.Parameter
	for _, p := range m.Parameters {
		if p.Type != workflow.TypePicture && !taken[p.Name] {
			rest = append(rest, p)
		}
	}
	return rest
}

// usual are values of a parameter to choose from, its default first.
func usual(p workflow.Parameter) []string {
	var all []string
	if d := p.Default.String(); d != "" {
		all = append(all, d)
	}
	switch p.Type {
	case workflow.TypeChoice:
		for _, c := range p.Choices {
			if len(all) == 0 || c.Label != all[0] {
				all = append(all, c.Label)
			}
		}
	case workflow.TypeBool:
		return []string{"yes", "no"}
	case workflow.TypeInteger, workflow.TypeFloat:
		for _, n := range []string{p.Min.String(), p.Max.String()} {
			if n != "" {
				all = append(all, n)
			}
		}
	}
	return all
}
