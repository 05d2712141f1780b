package workflow

import (
	"encoding/json"
	"slices"
	"strings"
)

// Kind says what a workflow makes; time limits go by it.
type Kind string

// The kinds of workflow.
const (
	KindImage   Kind = "image"
	KindEdit    Kind = "edit"
	KindUpscale Kind = "upscale"
	KindVideo   Kind = "video"
)

// Kinds lists every Kind.
func Kinds() []Kind { return []Kind{KindImage, KindEdit, KindUpscale, KindVideo} }

// Manifest is the file beside a graph that says what may be ordered and where
// it goes. docs/workflows.md describes each key.
type Manifest struct {
	Name        string              `yaml:"name" json:"name"`
	Title       string              `yaml:"title" json:"title,omitempty"`
	Description string              `yaml:"description" json:"description,omitempty"`
	Kind        Kind                `yaml:"kind" json:"kind,omitempty"`
	Graph       string              `yaml:"graph" json:"-"` // file name; the manifest's with .json when empty
	Parameters  []Parameter         `yaml:"parameters" json:"parameters,omitempty"`
	Nodes       map[string]NodeRule `yaml:"nodes" json:"nodes,omitempty"`     // by node id
	Outputs     []string            `yaml:"outputs" json:"outputs,omitempty"` // ids of the nodes whose files are the result
}

// Parameter looks a parameter up by name.
func (m Manifest) Parameter(name string) (Parameter, bool) {
	i := slices.IndexFunc(m.Parameters, func(p Parameter) bool { return p.Name == name })
	if i < 0 {
		return Parameter{}, false
	}
	return m.Parameters[i], true
}

// Pictures are the parameters that take a picture.
func (m Manifest) Pictures() []Parameter {
	var pictures []Parameter
	for _, p := range m.Parameters {
		if p.Type == TypePicture {
			pictures = append(pictures, p)
		}
	}
	return pictures
}

// NodeRule is what a manifest says of one node.
type NodeRule struct {
	Title  string         `yaml:"title" json:"title,omitempty"`   // shown while it runs
	When   string         `yaml:"when" json:"when,omitempty"`     // the parameter without which the node is left out
	Bypass map[int]string `yaml:"bypass" json:"bypass,omitempty"` // output → the input that stands in for it when left out
	Repeat int            `yaml:"repeat" json:"repeat,omitempty"` // most copies in a chain, one for each value of When
}

// Type is the type of a parameter.
type Type string

// The parameter types.
const (
	TypeString  Type = "string"  // one line of text
	TypeText    Type = "text"    // text of several lines
	TypeInteger Type = "integer" // a whole number
	TypeFloat   Type = "float"   // a number
	TypeBool    Type = "bool"    // true or false
	TypeChoice  Type = "choice"  // one of Choices
	TypeSeed    Type = "seed"    // 0 to 2^64-1; drawn when absent
	TypePicture Type = "picture" // a file, given beside the other values
)

// Types lists every Type.
func Types() []Type {
	return []Type{TypeString, TypeText, TypeInteger, TypeFloat, TypeBool, TypeChoice, TypeSeed, TypePicture}
}

// Parameter is one thing that may be asked for.
//
// In a Catalog, Min and Max are narrowed to what the server's inputs take too,
// and Choices are those that the server offers.
type Parameter struct {
	Name      string      `yaml:"name" json:"name"`
	Title     string      `yaml:"title" json:"title,omitempty"`
	Type      Type        `yaml:"type" json:"type"`
	Help      string      `yaml:"help" json:"help,omitempty"`
	Required  bool        `yaml:"required" json:"required,omitempty"`
	Default   Value       `yaml:"default" json:"default,omitzero"`
	Min       json.Number `yaml:"min" json:"min,omitempty"`
	Max       json.Number `yaml:"max" json:"max,omitempty"`
	Step      json.Number `yaml:"step" json:"step,omitempty"` // counted from Min, or from 0 without one
	MaxLength int         `yaml:"max_length" json:"max_length,omitempty"`
	Choices   []Choice    `yaml:"choices" json:"choices,omitzero"`
	From      string      `yaml:"choices_from" json:"choices_from,omitempty"` // where the server lists the choices: Class.input
	Fallback  Fallback    `yaml:"fallback" json:"fallback,omitempty"`
	Bind      Bindings    `yaml:"bind" json:"bind,omitempty"`

	// Open says that Choices is not the whole list: it was too long to
	// publish, or the server has not been seen yet. Other values are then
	// judged when the job is bound.
	Open bool `yaml:"-" json:"open,omitempty"`
}

// always reports whether the parameter has a value in every complete request.
func (p Parameter) always() bool {
	return p.Required || !p.Default.IsZero() || p.Fallback != "" || p.Type == TypeSeed
}

// Fallback says what stands in for a choice that was not given when the
// server does not offer the default.
type Fallback string

// FallbackFirst takes the first choice that the server offers.
const FallbackFirst Fallback = "first"

// Choice is one of the values of a choice parameter: what people see and type,
// and what is bound.
type Choice struct {
	Label string
	Value Value
}

// Binding is a place where a value goes: an input of a node.
type Binding struct {
	Node, Input string
}

// ParseBinding reads "node.input". A node id holds no point; an input may.
func ParseBinding(s string) (Binding, bool) {
	node, input, ok := strings.Cut(s, ".")
	return Binding{node, input}, ok && node != "" && input != ""
}

// String is the form that ParseBinding reads.
func (b Binding) String() string { return b.Node + "." + b.Input }
