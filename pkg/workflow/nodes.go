package workflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
)

// maxObjectInfo bounds the body that ParseNodes reads, in bytes. Servers with
// many custom nodes answer tens of megabytes.
const maxObjectInfo = 256 << 20

// Nodes are the node classes of a server: its parsed /object_info.
type Nodes struct{ classes map[string]Class }

// Class is a kind of node as its server describes it.
type Class struct {
	Name    string
	Title   string   // for people; the name when the server gives none
	Inputs  []Input  // required ones first, each in the server's order
	Outputs []string // types, by index
	Output  bool     // it ends a graph: only what leads to such a node runs
}

// ParseNodes reads the answer to GET /object_info, or to
// GET /object_info/{class}. A class whose description makes no sense is left
// out, so that one broken custom node does not hide the others.
func ParseNodes(r io.Reader) (*Nodes, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxObjectInfo+1))
	if err != nil {
		return nil, fmt.Errorf("read object_info: %w", err)
	}
	if len(data) > maxObjectInfo {
		return nil, fmt.Errorf("read object_info: more than %d MiB", maxObjectInfo>>20)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("decode object_info: %w", err)
	}
	if raw == nil {
		return nil, errors.New("decode object_info: want an object")
	}
	n := &Nodes{classes: make(map[string]Class, len(raw))}
	for name, data := range raw {
		if c, err := parseClass(name, data); err == nil {
			n.classes[name] = c
		}
	}
	return n, nil
}

// With is a copy in which the classes of other replace those of the same name:
// a fresh look at some classes.
func (n *Nodes) With(other *Nodes) *Nodes {
	classes := maps.Clone(n.classes)
	maps.Copy(classes, other.classes)
	return &Nodes{classes}
}

// Class looks a class up by name. The result shares memory: do not change it.
func (n *Nodes) Class(name string) (Class, bool) {
	c, ok := n.classes[name]
	return c, ok
}

// Len is the number of classes.
func (n *Nodes) Len() int { return len(n.classes) }

// Choices are the values that an input of a class may take, as people type
// them, in the server's order; false when it is not an input with choices. An
// input of a chosen option is named as in a graph, such as "format.codec";
// its choices are those of all options.
func (n *Nodes) Choices(class, input string) ([]string, bool) {
	choices, ok := n.choices(class, input)
	if !ok {
		return nil, false
	}
	return labels(choices), true
}

func (n *Nodes) choices(class, input string) ([]Choice, bool) {
	in, ok := n.classes[class].input(input)
	if !ok || !in.Choice {
		return nil, false
	}
	return in.Choices, true
}

func parseClass(name string, data json.RawMessage) (Class, error) {
	var raw struct {
		Input struct {
			Required ordered[json.RawMessage] `json:"required"`
			Optional ordered[json.RawMessage] `json:"optional"`
		} `json:"input"`
		Output      []json.RawMessage `json:"output"`
		DisplayName string            `json:"display_name"`
		OutputNode  bool              `json:"output_node"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return Class{}, fmt.Errorf("class %s: %w", name, err)
	}
	c := Class{Name: name, Title: raw.DisplayName, Output: raw.OutputNode}
	if c.Title == "" {
		c.Title = name
	}
	for _, o := range raw.Output {
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

// ordered is a JSON object that keeps the order of its keys.
type ordered[T any] []entry[T]

type entry[T any] struct {
	Key   string
	Value T
}

// UnmarshalJSON reads an object; null is empty.
func (o *ordered[T]) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	switch t, err := d.Token(); {
	case err != nil:
		return err
	case t == nil:
		return nil
	case t != json.Delim('{'):
		return errors.New("want an object")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var value T
		if err := d.Decode(&value); err != nil {
			return err
		}
		*o = append(*o, entry[T]{key.(string), value})
	}
	return nil
}
