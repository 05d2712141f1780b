package workflow

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Graph is a ComfyUI prompt in API format, by node id.
type Graph map[string]Node

// Node is one node of a Graph. Inputs hold what JSON gives (numbers as
// json.Number); a link is a list of a node id and an output's index.
type Node struct {
	Class  string
	Title  string
	Inputs map[string]any
}

// wireNode is a node as it stands in the file.
type wireNode struct {
	Class  string         `json:"class_type"`
	Inputs map[string]any `json:"inputs"`
	Meta   *wireMeta      `json:"_meta,omitempty"`
}

type wireMeta struct {
	Title string `json:"title,omitempty"`
}

var errUIFormat = errors.New("is in the format of ComfyUI's page, not in API format: " +
	"export it there with Workflow > Export (API)")

// ParseGraph reads a graph in API format.
func ParseGraph(data []byte) (Graph, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, jsonError(data, err)
	}
	if isUIFormat(raw) {
		return nil, errUIFormat
	}
	if inner, ok := raw["prompt"]; ok && raw["class_type"] == nil && !isNode(inner) {
		return nil, errors.New(`holds a whole request: keep only the object under "prompt"`)
	}
	if len(raw) == 0 {
		return nil, errors.New("holds no node")
	}
	g := make(Graph, len(raw))
	for id, data := range raw {
		n, err := parseNode(data)
		if err != nil {
			return nil, fmt.Errorf("node %s: %w", clip(id), err)
		}
		g[id] = n
	}
	return g, nil
}

// isUIFormat knows the page's own format by its two lists.
func isUIFormat(raw map[string]json.RawMessage) bool {
	nodes := bytes.TrimSpace(raw["nodes"])
	_, links := raw["links"]
	return len(nodes) > 0 && nodes[0] == '[' && (links || raw["last_node_id"] != nil)
}

func isNode(data json.RawMessage) bool {
	var n wireNode
	return json.Unmarshal(data, &n) == nil && n.Class != ""
}

func parseNode(data json.RawMessage) (Node, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var w wireNode
	if err := d.Decode(&w); err != nil {
		return Node{}, jsonError(data, err)
	}
	if w.Class == "" {
		return Node{}, errors.New("has no class_type")
	}
	n := Node{Class: w.Class, Inputs: w.Inputs}
	if n.Inputs == nil {
		n.Inputs = map[string]any{}
	}
	if w.Meta != nil {
		n.Title = w.Meta.Title
	}
	return n, nil
}

// jsonError puts the line into an error of the JSON decoder.
func jsonError(data []byte, err error) error {
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		line := 1 + bytes.Count(data[:min(int(e.Offset), len(data))], []byte("\n"))
		return fmt.Errorf("line %d: %w", line, err)
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s is a %s", cmp.Or(e.Field, "it"), e.Value)
	}
	return err
}

// MarshalJSON writes the node in API format.
func (n Node) MarshalJSON() ([]byte, error) {
	w := wireNode{Class: n.Class, Inputs: n.Inputs}
	if n.Title != "" {
		w.Meta = &wireMeta{n.Title}
	}
	return marshal(w)
}

// marshal writes JSON without HTML escapes: prompts stay readable.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// clone copies the graph as deep as binding writes: nodes and their inputs.
func (g Graph) clone() Graph {
	c := make(Graph, len(g))
	for id, n := range g {
		n.Inputs = maps.Clone(n.Inputs)
		c[id] = n
	}
	return c
}

// ids are the node ids in a stable order: numbers by value, then the others.
func (g Graph) ids() []string {
	return slices.SortedFunc(maps.Keys(g), compareIDs)
}

func compareIDs(a, b string) int {
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	switch {
	case errX == nil && errY == nil && x != y:
		return cmp.Compare(x, y)
	case errX == nil && errY != nil:
		return -1
	case errX != nil && errY == nil:
		return 1
	}
	return cmp.Compare(a, b)
}
