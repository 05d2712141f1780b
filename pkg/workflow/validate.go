package workflow

import (
	"fmt"
	"slices"
	"strings"

	"discomfy/pkg/job"
)

// validator checks a graph as ComfyUI would.
type validator struct {
	graph    Graph
	nodes    *Nodes
	skip     map[Binding]bool // places whose values are checked elsewhere
	problems []Problem
}

// validate finds what the server would refuse in a graph, in node order.
func validate(g Graph, nodes *Nodes, skip map[Binding]bool) []Problem {
	v := &validator{graph: g, nodes: nodes, skip: skip}
	for _, id := range g.ids() {
		n := g[id]
		c, ok := nodes.Class(n.Class)
		if !ok {
			v.add(job.CodeMissingModel, id, "", "%s", noClass(n.Class))
			continue
		}
		for _, in := range c.active(n.Inputs) {
			v.input(id, in)
		}
	}
	return v.problems
}

func (v *validator) add(code job.Code, node, input, format string, args ...any) {
	v.problems = append(v.problems, Problem{Node: node, Input: input, Text: fmt.Sprintf(format, args...), Code: code})
}

func noClass(name string) string {
	return fmt.Sprintf("the server has no node class %s: update it, or install the custom node", quote(name))
}

func (v *validator) input(id string, in Input) {
	value, ok := v.graph[id].Inputs[in.Name]
	if !ok {
		if in.Required && in.Type != typeAutogrow && !v.skip[Binding{id, in.Name}] {
			v.add(job.CodeRejected, id, in.Name, "the server requires this input and gives no default")
		}
		return
	}
	if link, ok := linkOf(value); ok {
		v.link(id, in, link)
		return
	}
	if v.skip[Binding{id, in.Name}] {
		return
	}
	if code, text := in.refuses(value); text != "" {
		v.add(code, id, in.Name, "%s", text)
	}
}

// link checks that what a link brings is what the input takes.
func (v *validator) link(id string, in Input, l Link) {
	source, ok := v.graph[l.Node]
	if !ok {
		return // reported by the graph's own check
	}
	c, ok := v.nodes.Class(source.Class)
	if !ok {
		return
	}
	switch {
	case l.Output < 0 || l.Output >= len(c.Outputs):
		v.add(job.CodeRejected, id, in.Name, "takes output %d of node %s (%s), which has %d", l.Output, l.Node, c.Name, len(c.Outputs))
	case !linkable(c.Outputs[l.Output], in.Type):
		v.add(job.CodeRejected, id, in.Name, "takes %s, but output %d of node %s (%s) is %s",
			in.Type, l.Output, l.Node, c.Name, c.Outputs[l.Output])
	}
}

// linkable reports whether an output's type may go into an input's. Types
// joined by commas are alternatives.
func linkable(from, to string) bool {
	if from == to || from == typeAny || to == typeAny || to == typeMatch || from == typeMatch {
		return true
	}
	if from == typeCombo && to == typeString || from == typeString && to == typeCombo || to == typeDynamicCombo {
		return true
	}
	for f := range strings.SplitSeq(from, ",") {
		if slices.Contains(strings.Split(to, ","), f) {
			return true
		}
	}
	return false
}
