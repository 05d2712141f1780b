package bridge

import (
	"discomfy/pkg/workflow"
)

// plan is what is known of a run before it begins: its nodes with their titles
// and their shares of the bar. It is immutable.
type plan struct {
	titles  map[string]string
	weights map[string]float64 // expected seconds by node
	learned bool               // the weights come from earlier runs of the workflow
	total   int
}

func newPlan(name string, nodes []workflow.BoundNode, m *memory) *plan {
	p := &plan{titles: make(map[string]string, len(nodes)), total: len(nodes)}
	for _, n := range nodes {
		p.titles[n.ID] = n.Title
	}
	p.weights, p.learned = m.weights(name, nodes)
	return p
}

// title is the words for a node, or its id when it has none.
func (p *plan) title(node string) string {
	if t := p.titles[node]; t != "" {
		return t
	}
	return node
}
