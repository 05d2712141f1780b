package workflow

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// Link points at an output of a node.
type Link struct {
	Node   string
	Output int
}

// linkOf reads an input's value as a link.
func linkOf(v any) (Link, bool) {
	list, ok := v.([]any)
	if !ok || len(list) != 2 {
		return Link{}, false
	}
	id, ok := list[0].(string)
	if !ok {
		return Link{}, false
	}
	n, ok := list[1].(json.Number)
	if !ok {
		return Link{}, false
	}
	output, err := strconv.Atoi(n.String())
	return Link{id, output}, err == nil
}

// links are the node's links by input, in the order of the inputs' names.
func (n Node) links() []namedLink {
	var all []namedLink
	for _, name := range slices.Sorted(maps.Keys(n.Inputs)) {
		if l, ok := linkOf(n.Inputs[name]); ok {
			all = append(all, namedLink{name, l})
		}
	}
	return all
}

type namedLink struct {
	Input string
	Link
}

// inputNames are the names of a node's inputs in order.
func (n Node) inputNames() []string { return slices.Sorted(maps.Keys(n.Inputs)) }
