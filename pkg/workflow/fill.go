package workflow

import "fmt"

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
