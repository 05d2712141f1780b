package workflow

import (
	"fmt"
	"slices"

	"discomfy/pkg/job"
)

// checkServer finds what the server would refuse, whatever is given.
func (w *Workflow) checkServer(nodes *Nodes) []Problem {
	_, problems := w.offer(nodes)
	for _, id := range w.Manifest.Outputs {
		if c, ok := nodes.Class(w.Graph[id].Class); ok && !c.Output {
			problems = append(problems, Problem{Node: id, Code: job.CodeRejected,
				Text: fmt.Sprintf("outputs: %s is no node that saves or shows anything", c.Name)})
		}
	}
	for _, given := range w.variants(nodes) {
		for _, p := range w.checkVariant(given, nodes) {
			if !slices.Contains(problems, p) {
				problems = append(problems, p)
			}
		}
	}
	return problems
}

func (w *Workflow) checkVariant(given switches, nodes *Nodes) []Problem {
	g := w.prune(given)
	fill(g, nodes)
	problems := validate(g, nodes, w.bound(given))
	for i, p := range problems {
		link, ok := linkOf(w.Graph[p.Node].Inputs[p.Input])
		if _, still := g[link.Node]; ok && !still {
			problems[i].Text = fmt.Sprintf("takes output %d of node %s, which is left out %s: name an input for it in bypass",
				link.Output, link.Node, given.without())
		}
	}
	return problems
}

// bound are the places that certainly get a parameter's value.
func (w *Workflow) bound(given switches) map[Binding]bool {
	places := map[Binding]bool{}
	for _, p := range w.Manifest.Parameters {
		if !p.always() && !given[p.Name] {
			continue
		}
		for _, b := range p.Bind {
			places[b] = true
		}
	}
	return places
}
