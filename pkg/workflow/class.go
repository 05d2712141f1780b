package workflow

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Class is a kind of node as its server describes it.
type Class struct {
	Name    string
	Title   string   // for people; the name when the server gives none
	Inputs  []Input  // required ones first, each in the server's order
	Outputs []string // types, by index
	Output  bool     // it ends a graph: only what leads to such a node runs
}

func parseClass(name string, data json.RawMessage) (Class, error) {
	var raw struct {
		Input struct {
			Required ordered[json.RawMessage] `json:"required"`
			Optional ordered[json.RawMessage] `json:"optional"`
		} `json:"input"`
		Output      json.RawMessage `json:"output"`
		DisplayName string          `json:"display_name"`
		OutputNode  bool            `json:"output_node"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return Class{}, fmt.Errorf("class %s: %w", name, err)
	}
	c := Class{Name: name, Title: raw.DisplayName, Output: raw.OutputNode}
	if c.Title == "" {
		c.Title = name
	}
	var outputs []json.RawMessage
	_ = json.Unmarshal(raw.Output, &outputs) // anything but a list is no output
	for _, o := range outputs {
		c.Outputs = append(c.Outputs, outputType(o))
	}
	c.Inputs = append(parseInputs("", raw.Input.Required, true), parseInputs("", raw.Input.Optional, false)...)
	return c, nil
}

// outputType is the type's name; a list of choices counts as COMBO.
func outputType(data json.RawMessage) string {
	var s string
	if json.Unmarshal(data, &s) != nil {
		return typeCombo
	}
	return s
}

// input finds an input by its name in a graph. Of an input that several
// options bring, the choices are joined.
func (c Class) input(name string) (Input, bool) {
	var found Input
	for in := range c.all() {
		switch {
		case in.Name != name:
		case found.Name == "":
			found = in
		case in.Choice && found.Choice:
			found.Choices = union(found.Choices, in.Choices)
		}
	}
	return found, found.Name != ""
}

// takes reports whether a node of the class may have an input of that name.
func (c Class) takes(name string) bool {
	if _, ok := c.input(name); ok {
		return true
	}
	for _, in := range c.Inputs {
		if in.Type == typeAutogrow && strings.HasPrefix(name, in.Name+".") {
			return true
		}
	}
	return false
}

// all walks every input, those of options included.
func (c Class) all() func(yield func(Input) bool) {
	return func(yield func(Input) bool) { walkInputs(c.Inputs, yield) }
}

func walkInputs(inputs []Input, yield func(Input) bool) bool {
	for _, in := range inputs {
		if !yield(in) {
			return false
		}
		for _, choice := range in.Choices {
			if !walkInputs(in.options[choice.Label], yield) {
				return false
			}
		}
	}
	return true
}

// active are the inputs that a node with these values has: the class's own and
// those that the chosen options bring.
func (c Class) active(values map[string]any) []Input {
	return activeInputs(nil, c.Inputs, values)
}

func activeInputs(into, inputs []Input, values map[string]any) []Input {
	for _, in := range inputs {
		into = append(into, in)
		if chosen, ok := values[in.Name].(string); ok && in.options != nil {
			into = activeInputs(into, in.options[chosen], values)
		}
	}
	return into
}
