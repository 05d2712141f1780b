package workflow

import (
	"cmp"
	"slices"
)

// title is what people call the node.
func (w *Workflow) title(id string, nodes *Nodes) string {
	n := w.Graph[id]
	class := n.Class
	if nodes != nil {
		if c, ok := nodes.Class(n.Class); ok {
			class = c.Title
		}
	}
	return cmp.Or(w.Manifest.Nodes[id].Title, n.Title, class)
}

// run lists the nodes that the server will run: those that lead to an output
// node, whether or not its files are results.
func (w *Workflow) run(g Graph, outputs []string, nodes *Nodes) []BoundNode {
	ends := slices.Clone(outputs)
	if nodes != nil {
		for _, id := range g.ids() {
			if c, ok := nodes.Class(g[id].Class); ok && c.Output && !slices.Contains(ends, id) {
				ends = append(ends, id)
			}
		}
	}
	var all []BoundNode
	ids, _ := g.needed(ends) // Load refuses circles
	for _, id := range ids {
		all = append(all, BoundNode{ID: id, Class: g[id].Class, Title: w.title(id, nodes)})
	}
	return all
}
