package comfysim

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

// recorded holds, for each version, the object_info of the classes known here and a few fixed answers. Both are
// taken from the recordings.
//
//go:embed data/*.json
var recorded embed.FS

// catalog is what a server of one version offers.
type catalog struct {
	classes map[string]*class
	names   []string
	facts   *object // system_stats, features, models, extensions, tracebacks
}

// class is one node class.
type class struct {
	name       string
	info       *object // its object_info entry
	inputs     []input
	outputs    []string
	outputNode bool
}

// input is one declared input. Choices that depend on the server's files are filled in on use (Server.choices).
type input struct {
	name     string
	required bool
	kind     string // INT, IMAGE, …; COMBO for the two flat forms, dynamicCombo for the nested one
	spec     any    // as object_info gives it: [type, options]
	options  *object
	choices  []any
}

const dynamicCombo = "COMFY_DYNAMICCOMBO_V3"

func loadCatalog(version string, custom []string) (*catalog, error) {
	nodes, err := loadRecorded("data/" + version + ".nodes.json")
	if err != nil {
		return nil, err
	}
	facts, err := loadRecorded("data/" + version + ".facts.json")
	if err != nil {
		return nil, err
	}
	slices.Sort(custom)
	for _, name := range custom {
		nodes.set(name, customInfo(name))
	}
	c := &catalog{classes: map[string]*class{}, names: nodes.keys, facts: facts}
	for _, name := range nodes.keys {
		c.classes[name] = newClass(name, nodes.child(name))
	}
	return c, nil
}

func loadRecorded(name string) (*object, error) {
	data, err := recorded.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read embedded facts: %w", err)
	}
	v, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	o, ok := v.(*object)
	if !ok {
		return nil, fmt.Errorf("%s: not an object", name)
	}
	return o, nil
}

func customInfo(name string) *object {
	return obj("input", obj("required", obj()), "input_order", obj("required", []any{}),
		"output", []any{}, "output_is_list", []any{}, "output_name", []any{}, "name", name, "display_name", name,
		"description", "", "python_module", "custom_nodes.sim", "category", "sim", "output_node", true)
}

func newClass(name string, info *object) *class {
	c := &class{name: name, info: info, outputNode: info.get("output_node") == true}
	outputs, _ := info.get("output").([]any)
	for _, o := range outputs {
		c.outputs = append(c.outputs, pyStr(o))
	}
	c.inputs = declaredInputs(info.child("input"), "")
	return c
}

// declaredInputs reads the required and optional inputs of a class, or of one option of a nested choice, whose
// names then begin with its parent's.
func declaredInputs(from *object, prefix string) []input {
	if from == nil {
		return nil
	}
	var list []input
	for _, group := range []string{"required", "optional"} {
		specs := from.child(group)
		if specs == nil {
			continue
		}
		for _, name := range specs.keys {
			list = append(list, newInput(prefix+name, group == "required", specs.get(name)))
		}
	}
	return list
}

func newInput(name string, required bool, spec any) input {
	in := input{name: name, required: required, spec: spec, options: obj()}
	pair, _ := spec.([]any)
	if len(pair) > 1 {
		if o, ok := pair[1].(*object); ok {
			in.options = o
		}
	}
	if len(pair) == 0 {
		return in
	}
	switch kind := pair[0].(type) {
	case []any:
		in.kind, in.choices = "COMBO", kind
	case string:
		in.kind = kind
		if kind == "COMBO" {
			in.choices, _ = in.options.get("options").([]any)
		}
	}
	return in
}

// nested are the inputs that a nested choice adds once value was chosen, and the choices themselves.
func (in input) nested(value any) (choices []any, more []input) {
	options, _ := in.options.get("options").([]any)
	for _, o := range options {
		option, ok := o.(*object)
		if !ok {
			continue
		}
		choices = append(choices, option.get("key"))
		if option.get("key") == value {
			more = declaredInputs(option.child("inputs"), in.name+".")
		}
	}
	return choices, more
}

// traceback is the recorded call path of an error; key is LabFail.error, LabFail.oom, LoadImage or validation.
func (c *catalog) traceback(key string) []any {
	all := c.facts.child("tracebacks")
	if lines, ok := all.get(key).([]any); ok {
		return lines
	}
	// Any other node: the frames of the executor, which all have in common.
	lines, _ := all.get("LabFail.error").([]any)
	return slices.DeleteFunc(slices.Clone(lines), func(l any) bool { return strings.Contains(pyStr(l), "custom_nodes") })
}
