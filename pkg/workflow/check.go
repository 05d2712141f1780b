package workflow

import (
	"fmt"
	"maps"
	"slices"
)

// Check says what is wrong with the workflow: by itself, and, with a server's
// nodes, there. A workflow with problems cannot be used; nil nodes leave out
// what only a server can answer.
func (w *Workflow) Check(nodes *Nodes) []Problem {
	problems := w.Manifest.lint()
	if len(problems) == 0 {
		problems = w.checkGraph()
	}
	if len(problems) == 0 && nodes != nil {
		problems = w.checkServer(nodes)
	}
	for i := range problems {
		problems[i].Workflow, problems[i].File = w.Manifest.Name, w.File
	}
	return problems
}

// Fills lists the required inputs that the graph lacks and for which the
// server gives a default: notes, not faults.
func (w *Workflow) Fills(nodes *Nodes) []Problem {
	filled := fill(w.Graph.clone(), nodes)
	for i := range filled {
		filled[i].Workflow, filled[i].File = w.Manifest.Name, w.File
	}
	return filled
}

// Classes are the node classes whose descriptions Bind looks at: those of the
// graph, and those that list choices. When Bind answers CodeMissingModel, a
// fresh look at these (Nodes.With) may know better.
func (w *Workflow) Classes() []string {
	set := map[string]bool{}
	for _, n := range w.Graph {
		set[n.Class] = true
	}
	for _, p := range w.Manifest.Parameters {
		if b, ok := ParseBinding(p.From); ok {
			set[b.Node] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// checkGraph finds what manifest and graph have against each other.
func (w *Workflow) checkGraph() []Problem {
	c := &graphCheck{w: w, taken: map[Binding]string{}}
	for _, p := range w.Manifest.Parameters {
		for _, b := range p.Bind {
			c.binding(p, b)
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(w.Manifest.Nodes), compareIDs) {
		c.rule(id, w.Manifest.Nodes[id])
	}
	for _, id := range w.Manifest.Outputs {
		if _, ok := w.Graph[id]; !ok {
			c.add(id, "", "outputs: the graph has no such node%s", c.hint(id))
		}
	}
	c.links()
	if len(c.problems) == 0 {
		c.alwaysAnOutput()
	}
	return c.problems
}

type graphCheck struct {
	w        *Workflow
	taken    map[Binding]string // place → the parameter that is bound there
	problems []Problem
}

func (c *graphCheck) add(node, input, format string, args ...any) {
	c.problems = append(c.problems, Problem{Node: node, Input: input, Text: fmt.Sprintf(format, args...)})
}

// hint suggests a node id.
func (c *graphCheck) hint(id string) string {
	return didYouMean(id, c.w.Graph.ids())
}

func didYouMean(s string, names []string) string {
	if name, ok := closest(s, names); ok {
		return "; did you mean " + name + "?"
	}
	if len(names) == 0 {
		return ""
	}
	return "; there are " + some(names)
}

func (c *graphCheck) binding(p Parameter, b Binding) {
	n, ok := c.w.Graph[b.Node]
	if !ok {
		c.add(b.Node, b.Input, "parameter %s is bound to a node that the graph does not have%s", p.Name, c.hint(b.Node))
		return
	}
	value, ok := n.Inputs[b.Input]
	link, linked := linkOf(value)
	switch {
	case !ok:
		c.add(b.Node, b.Input, "parameter %s is bound to an input that the node (%s) does not have in the graph%s",
			p.Name, n.Class, didYouMean(b.Input, n.inputNames()))
	case linked:
		c.add(b.Node, b.Input, "parameter %s is bound to an input that is linked from node %s: bind it there", p.Name, link.Node)
	case c.taken[b] != "":
		c.add(b.Node, b.Input, "parameters %s and %s are both bound here", c.taken[b], p.Name)
	case b.Input == prefixInput && slices.Contains(c.w.Manifest.Outputs, b.Node):
		c.add(b.Node, b.Input, "parameter %s cannot be bound to the file name of an output: each job has its own", p.Name)
	}
	c.taken[b] = p.Name
}

func (c *graphCheck) rule(id string, rule NodeRule) {
	n, ok := c.w.Graph[id]
	if !ok {
		c.add(id, "", "nodes: the graph has no such node%s", c.hint(id))
		return
	}
	for _, output := range slices.Sorted(maps.Keys(rule.Bypass)) {
		if input := rule.Bypass[output]; n.Inputs[input] == nil {
			c.add(id, input, "bypass: the node (%s) does not have this input in the graph%s",
				n.Class, didYouMean(input, n.inputNames()))
		}
		if output < 0 {
			c.add(id, "", "bypass: an output is a number from 0")
		}
	}
}

// links finds links to nowhere and cycles.
func (c *graphCheck) links() {
	for _, id := range c.w.Graph.ids() {
		for _, l := range c.w.Graph[id].links() {
			if _, ok := c.w.Graph[l.Node]; !ok {
				c.add(id, l.Input, "is linked from node %s, which the graph does not have", quote(l.Node))
			}
		}
	}
	if _, cycle := c.w.Graph.order(); cycle != nil {
		c.add(cycle[0], "", "the graph runs in a circle: %s", arrows(cycle))
	}
}

// alwaysAnOutput finds the choice of parameters that leaves no output.
func (c *graphCheck) alwaysAnOutput() {
	for _, given := range c.w.variants(nil) {
		g := c.w.prune(given)
		if !slices.ContainsFunc(c.w.Manifest.Outputs, func(id string) bool { _, ok := g[id]; return ok }) {
			c.add("", "", "outputs: none is left %s", given.without())
			return
		}
	}
}
