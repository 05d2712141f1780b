package workflow

import "discomfy/pkg/job"

// dropIdle removes the stood-in values that only go to nodes which are left
// out, and refuses those that were given: nothing asked for is dropped
// silently. given are the names that a person gave.
func (m Manifest) dropIdle(v values, given func(name string) bool, on switches) *job.Error {
	for _, p := range m.Parameters {
		lacking, idle := m.idle(p, on)
		if _, ok := v[p.Name]; !ok || !idle {
			continue
		}
		if given(p.Name) {
			return invalid(p.Name, "has no effect without %s", lacking)
		}
		delete(v, p.Name)
	}
	return nil
}

// idle reports whether all places of a parameter are in nodes that are left
// out, and for want of which parameter.
func (m Manifest) idle(p Parameter, on switches) (lacking string, idle bool) {
	for _, b := range p.Bind {
		when := m.Nodes[b.Node].When
		if when == "" || on[when] {
			return "", false
		}
		lacking = when
	}
	return lacking, len(p.Bind) > 0
}

// switches says which optional nodes are there: their parameter is given, and
// is not "no". pictures says which pictures are.
func (m Manifest) switches(v values, pictures func(name string) bool) switches {
	on := switches{}
	for _, rule := range m.Nodes {
		if rule.When == "" {
			continue
		}
		value, ok := v[rule.When]
		on[rule.When] = ok && value.Any() != false || !ok && pictures(rule.When)
	}
	return on
}
