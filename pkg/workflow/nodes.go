package workflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
)

// maxObjectInfo bounds the body that ParseNodes reads, in bytes. Servers with
// many custom nodes answer tens of megabytes.
const maxObjectInfo = 256 << 20

// Nodes are the node classes of a server: its parsed /object_info.
type Nodes struct{ classes map[string]Class }

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
		err = json.Unmarshal(finite(data), &raw)
		if err != nil {
			return nil, fmt.Errorf("decode object_info: %w", err)
		}
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

// ordered is a JSON object that keeps the order of its keys.
type ordered[T any] []entry[T]

type entry[T any] struct {
	Key   string
	Value T
}

// UnmarshalJSON reads an object; anything else is empty, as custom nodes write
// a list or null where they have no inputs.
func (o *ordered[T]) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		e := entry[T]{Key: fmt.Sprint(key)}
		if err := d.Decode(&e.Value); err != nil {
			return err
		}
		*o = append(*o, e)
	}
	return nil
}

// finite blanks the words NaN and Infinity, which Python writes for numbers
// that JSON cannot hold, as custom nodes have them as bounds.
func finite(data []byte) []byte {
	return notFinite.ReplaceAllFunc(data, func(match []byte) []byte {
		if match[0] == '"' {
			return match
		}
		return []byte("null")
	})
}

// notFinite matches texts too, so that what stands in one is passed over.
var notFinite = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b`)
