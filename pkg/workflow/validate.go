package workflow

import (
	"encoding/json"
	"fmt"
	"maps"
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
			v.add(job.CodeMissingModel, id, "", "the server has no node class %s", quote(n.Class))
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

func (v *validator) input(id string, in Input) {
	value, ok := v.graph[id].Inputs[in.Name]
	if !ok || value == nil && in.Default.IsZero() {
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

// refuses says why the input does not take a value that is written into the
// graph; an empty text when it does. Texts that are numbers count as such, as
// they do for the server.
func (in Input) refuses(value any) (job.Code, string) {
	switch {
	case in.Choice:
		return in.refusesChoice(value)
	case in.Type == typeInt || in.Type == typeFloat:
		return job.CodeInvalid, in.refusesNumber(value)
	case in.Type == typeString:
		if _, ok := value.(string); !ok && !isScalar(value) {
			return job.CodeInvalid, "wants a text"
		}
	case linkOnly(in.Type):
		return job.CodeInvalid, fmt.Sprintf("wants a link to a node that gives %s", in.Type)
	}
	return "", ""
}

func isScalar(v any) bool {
	switch v.(type) {
	case string, bool, json.Number:
		return true
	}
	return false
}

// linkOnly knows the types that no page has a widget for.
func linkOnly(t string) bool {
	switch t {
	case "MODEL", "CLIP", "VAE", "IMAGE", "MASK", "LATENT", "CONDITIONING", "AUDIO", "VIDEO", "CONTROL_NET":
		return true
	}
	return false
}

func (in Input) refusesNumber(value any) string {
	text := ""
	switch v := value.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	case bool:
		return ""
	}
	n, ok := canonicalFloat(text)
	switch {
	case !ok:
		return fmt.Sprintf("%s is not a number", quote(fmt.Sprint(value)))
	case in.Min != "" && compareNumbers(n, in.Min) < 0:
		return fmt.Sprintf("%s is below the server's least, %s", n, in.Min)
	case in.Max != "" && compareNumbers(n, in.Max) > 0:
		return fmt.Sprintf("%s is above the server's most, %s", n, in.Max)
	}
	return ""
}

func (in Input) refusesChoice(value any) (job.Code, string) {
	text := fmt.Sprint(value)
	if _, ok := find(in.Choices, text); ok {
		return "", ""
	}
	names := labels(in.Choices)
	hint := "it offers " + some(names)
	if len(names) == 0 {
		hint = "it offers none"
	}
	if name, ok := closest(text, names); ok {
		hint = "did you mean " + quote(name) + "?"
	}
	return job.CodeMissingModel, fmt.Sprintf("the server has no %s; %s", quote(text), hint)
}

// fill gives required inputs that a graph lacks the server's default, and says
// which. The graph is changed: hand it a copy.
func fill(g Graph, nodes *Nodes) []Problem {
	var filled []Problem
	for _, id := range g.ids() {
		c, ok := nodes.Class(g[id].Class)
		for ok {
			in, value, found := c.lacking(g[id].Inputs)
			if !found {
				break
			}
			g[id].Inputs[in.Name] = value.Any()
			filled = append(filled, Problem{Node: id, Input: in.Name,
				Text: fmt.Sprintf("the graph lacks this input: the server's default %s is used", quote(value.String()))})
		}
	}
	return filled
}

// lacking finds the next required input that has no value and a default. A
// choice that brings inputs of its own has its first option as default.
func (c Class) lacking(values map[string]any) (Input, Value, bool) {
	for _, in := range c.active(values) {
		if _, ok := values[in.Name]; ok || !in.Required {
			continue
		}
		if !in.Default.IsZero() {
			return in, in.Default, true
		}
		if in.options != nil && len(in.Choices) > 0 {
			return in, in.Choices[0].Value, true
		}
	}
	return Input{}, Value{}, false
}

// inputNames are the names of a node's inputs in order.
func (n Node) inputNames() []string { return slices.Sorted(maps.Keys(n.Inputs)) }
