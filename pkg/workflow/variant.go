package workflow

import (
	"maps"
	"slices"
	"strings"
)

// switches says for each parameter that makes a node optional whether it is
// given.
type switches map[string]bool

// without words what is not given.
func (s switches) without() string {
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if !s[name] {
			missing = append(missing, name)
		}
	}
	return "without " + strings.Join(missing, " and ")
}

// maxSwitches is up to how many switches every combination is checked; above,
// those that differ in one from all or from none.
const maxSwitches = 6

// variants are the combinations of given and absent switches that Check tries.
// A choice of which the server offers nothing cannot be given.
func (w *Workflow) variants(nodes *Nodes) []switches {
	var names []string
	for _, rule := range w.Manifest.Nodes {
		if rule.When != "" && !slices.Contains(names, rule.When) && w.possible(rule.When, nodes) {
			names = append(names, rule.When)
		}
	}
	slices.Sort(names)
	if len(names) <= maxSwitches {
		return combinations(names)
	}
	all := []switches{uniform(names, true), uniform(names, false)}
	for _, name := range names {
		only, allBut := uniform(names, false), uniform(names, true)
		only[name], allBut[name] = true, false
		all = append(all, only, allBut)
	}
	return all
}

func (w *Workflow) possible(name string, nodes *Nodes) bool {
	p, ok := w.Manifest.Parameter(name)
	if !ok || nodes == nil {
		return ok
	}
	p, _ = w.narrow(p, nodes)
	return p.Type != TypeChoice || p.Open || len(p.Choices) > 0
}

func combinations(names []string) []switches {
	all := make([]switches, 0, 1<<len(names))
	for bits := range 1 << len(names) {
		s := switches{}
		for i, name := range names {
			s[name] = bits&(1<<i) == 0
		}
		all = append(all, s)
	}
	return all
}

func uniform(names []string, given bool) switches {
	s := make(switches, len(names))
	for _, name := range names {
		s[name] = given
	}
	return s
}

// prune is a copy of the graph without the nodes whose parameter is absent.
// What took from one takes from the input that bypass names, or loses its
// input.
func (w *Workflow) prune(given switches) Graph {
	g := w.Graph.clone()
	out := map[string]bool{}
	for id, rule := range w.Manifest.Nodes {
		if rule.When != "" && !given[rule.When] {
			out[id] = true
			delete(g, id)
		}
	}
	if len(out) == 0 {
		return g
	}
	for _, n := range g {
		for _, l := range n.links() {
			if !out[l.Node] {
				continue
			}
			if value, ok := w.past(l.Link, out); ok {
				n.Inputs[l.Input] = value
			} else {
				delete(n.Inputs, l.Input)
			}
		}
	}
	return g
}

// past follows a link over left-out nodes to what stands in for it.
func (w *Workflow) past(l Link, out map[string]bool) (any, bool) {
	for range len(w.Graph) {
		input, ok := w.Manifest.Nodes[l.Node].Bypass[l.Output]
		if !ok {
			return nil, false
		}
		value, ok := w.Graph[l.Node].Inputs[input]
		if !ok {
			return nil, false
		}
		next, linked := linkOf(value)
		if !linked || !out[next.Node] {
			return value, true
		}
		l = next
	}
	return nil, false
}
