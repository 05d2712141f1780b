package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// ParseManifest reads one manifest. Unknown and repeated keys are errors, as
// is everything that Manifest cannot mean whatever the graph is; errors name
// the line, or the parameter. The graph is not looked at.
func ParseManifest(data []byte) (Manifest, error) {
	m, err := decodeManifest(data)
	if err != nil {
		return Manifest{}, err
	}
	if problems := m.lint(); len(problems) > 0 {
		return Manifest{}, problems[0]
	}
	return m, nil
}

// decodeManifest reads the YAML into fields and fills what follows from them.
func decodeManifest(data []byte) (m Manifest, err error) {
	// The YAML library has panicked on malformed input before; a manifest
	// must not be able to end the process.
	defer func() {
		if r := recover(); r != nil {
			m, err = Manifest{}, fmt.Errorf("not valid YAML")
		}
	}()
	if line, deep := tooDeep(string(data)); deep {
		return Manifest{}, fmt.Errorf("line %d: is nested too deeply", line)
	}
	if err := yaml.UnmarshalWithOptions(data, &m, yaml.Strict()); err != nil {
		return Manifest{}, lineError(err)
	}
	return m.settled(), nil
}

// tooDeep finds nesting that no manifest needs. The YAML library takes memory
// by the square of the depth, where its lexer is linear.
func tooDeep(data string) (line int, deep bool) {
	const (
		mostFlow = 32  // brackets within brackets
		mostLine = 400 // things that may nest, on one line
	)
	flow, opened := 0, 0
	for _, t := range lexer.Tokenize(data) {
		if t.Position.Line != line {
			line, opened = t.Position.Line, 0
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
			opened++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType:
			opened++
		}
		if flow > mostFlow || opened > mostLine {
			return line, true
		}
	}
	return 0, false
}

// lineError says in one line what is wrong and on which line.
func lineError(err error) error {
	if e, ok := errors.AsType[yaml.Error](err); ok {
		if t := e.GetToken(); t != nil && t.Position != nil {
			return fmt.Errorf("line %d: %s", t.Position.Line, e.GetMessage())
		}
		return errors.New(e.GetMessage())
	}
	return err
}

// at is an error at the place of a YAML node.
func at(node ast.Node, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if t := node.GetToken(); t != nil && t.Position != nil {
		return fmt.Errorf("line %d: %s", t.Position.Line, text)
	}
	return errors.New(text)
}

// UnmarshalYAML reads a bare text, number or truth value.
func (v *Value) UnmarshalYAML(node ast.Node) error {
	switch n := node.(type) {
	case *ast.StringNode:
		*v = NewValue(n.Value)
	case *ast.LiteralNode:
		*v = NewValue(n.Value.Value)
	case *ast.BoolNode:
		*v = NewValue(n.Value)
	case *ast.IntegerNode:
		*v = NewValue(json.Number(fmt.Sprint(n.Value)))
	case *ast.FloatNode:
		*v = NewValue(json.Number(strconv.FormatFloat(n.Value, 'f', -1, 64)))
	default:
		return at(node, "want a text, a number, true or false")
	}
	return nil
}

// UnmarshalYAML reads a bare value, or one `label: value` pair.
func (c *Choice) UnmarshalYAML(node ast.Node) error {
	value := node
	if pair := onlyPair(node); pair != nil {
		value = pair.Value
		c.Label = pair.Key.GetToken().Value
	}
	if err := c.Value.UnmarshalYAML(value); err != nil {
		return err
	}
	if c.Label == "" {
		c.Label = c.Value.String()
	}
	return nil
}

func onlyPair(node ast.Node) *ast.MappingValueNode {
	switch n := node.(type) {
	case *ast.MappingValueNode:
		return n
	case *ast.MappingNode:
		if len(n.Values) == 1 {
			return n.Values[0]
		}
	}
	return nil
}

// Bindings are all places where one value goes.
type Bindings []Binding

// UnmarshalYAML reads one "node.input" or a list of them.
func (b *Bindings) UnmarshalYAML(node ast.Node) error {
	nodes := []ast.Node{node}
	if list, ok := node.(*ast.SequenceNode); ok {
		nodes = list.Values
	}
	for _, n := range nodes {
		text := ""
		if s, ok := n.(*ast.StringNode); ok {
			text = s.Value
		}
		binding, ok := ParseBinding(text)
		if !ok {
			return at(n, "bind: want node.input, such as 6.text")
		}
		*b = append(*b, binding)
	}
	return nil
}

// MarshalText writes "node.input".
func (b Binding) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (b *Binding) UnmarshalText(text []byte) error {
	parsed, ok := ParseBinding(string(text))
	if !ok {
		return fmt.Errorf("binding %q: want node.input", clip(string(text)))
	}
	*b = parsed
	return nil
}
