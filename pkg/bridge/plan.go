package bridge

import (
	"encoding/json"
	"slices"
	"strconv"

	"discomfy/pkg/job"
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

// newPlan plans a run of the named workflow in which so many steps are asked
// for, 0 where it has none.
func newPlan(name string, steps int, nodes []workflow.BoundNode, m *memory) *plan {
	p := &plan{titles: make(map[string]string, len(nodes)), total: len(nodes)}
	for _, n := range nodes {
		p.titles[n.ID] = n.Title
	}
	p.weights, p.learned = m.weights(name, steps, nodes)
	return p
}

// title is the words for a node, or its id when it has none.
func (p *plan) title(node string) string {
	if t := p.titles[node]; t != "" {
		return t
	}
	return node
}

// inputSteps is the input by which the samplers of ComfyUI, and the schedulers
// that stand in for them, take the number of their steps.
const inputSteps = "steps"

// stepsOf is how many steps a request asks for; 0 where its workflow takes no
// such number.
func stepsOf(flow *workflow.Workflow, r job.Request) int {
	if flow == nil {
		return 0
	}
	for _, p := range flow.Manifest.Parameters {
		if !slices.ContainsFunc(p.Bind, func(b workflow.Binding) bool { return b.Input == inputSteps }) {
			continue
		}
		n, ok := r.Params[p.Name].(json.Number)
		steps, err := strconv.Atoi(n.String())
		if ok && err == nil && steps > 0 {
			return steps
		}
	}
	return 0
}
