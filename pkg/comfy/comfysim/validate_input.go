package comfysim

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// inputs validates the inputs of one node.
func (v *validator) inputs(id string) *nodeResult {
	node := v.prompt.child(id)
	values := node.child("inputs")
	if values == nil {
		return v.exception("'inputs'")
	}
	c := v.server.catalog.classes[node.text("class_type")]
	r := &nodeResult{valid: true, errors: []any{}}
	pending := v.server.inputsOf(c)
	for len(pending) > 0 {
		in := pending[0]
		pending = pending[1:]
		if in.kind == dynamicCombo {
			choices, more := in.nested(values.get(in.name))
			in.choices = choices
			pending = append(pending, more...)
		}
		if problems, exception := v.input(c, in, values, r); exception != nil {
			return exception
		} else if problems != nil {
			r.errors = append(r.errors, problems)
		}
	}
	r.valid = r.valid && len(r.errors) == 0
	return r
}

// exception is what ComfyUI reports when its own validation raises.
func (v *validator) exception(details string) *nodeResult {
	return &nodeResult{errors: []any{problem("exception_during_validation", "Exception when validating node", details,
		obj("exception_type", "KeyError", "traceback", v.server.catalog.traceback("validation")))}}
}

// input validates one input: nil when fine, else the error of this input or the exception that ends the node.
func (v *validator) input(c *class, in input, values *object, r *nodeResult) (*object, *nodeResult) {
	if !values.has(in.name) {
		if !in.required {
			return nil, nil
		}
		return problem("required_input_missing", "Required input is missing", in.name, obj("input_name", in.name)), nil
	}
	value := values.get(in.name)
	if link, ok := value.([]any); ok {
		return v.link(in, link, r)
	}
	converted, err := convert(in.kind, value)
	if err != nil {
		return problem("invalid_input_type", "Failed to convert an input value to a "+in.kind+" value",
			fmt.Sprintf("%s, %s, %s", in.name, pyStr(value), err),
			in.extra("received_value", value, "exception_message", err.Error())), nil
	}
	values.set(in.name, converted)
	if c.name == "LoadImage" || c.name == "LoadImageMask" && in.name == "image" {
		return v.server.checkImageFile(in, converted), nil
	}
	return in.checkRange(converted), nil
}

func (in input) extra(pairs ...any) *object {
	return obj("input_name", in.name, "input_config", in.spec).with(pairs...)
}

// link validates a connection to another node's output.
func (v *validator) link(in input, link []any, r *nodeResult) (*object, *nodeResult) {
	from, slot, ok := parseLink(link)
	if !ok {
		return problem("bad_linked_input", "Bad linked input, must be a length-2 list of [node_id, slot_index]", in.name,
			in.extra("received_value", link)), nil
	}
	node := v.prompt.child(from)
	if node == nil {
		return nil, v.exception(pyQuote(from))
	}
	outputs := v.server.catalog.classes[node.text("class_type")].outputs
	if slot < 0 || slot >= len(outputs) {
		return nil, v.exception("tuple index out of range")
	}
	if !typesMatch(outputs[slot], in.kind) {
		return problem("return_type_mismatch", "Return type mismatch between linked nodes",
			fmt.Sprintf("%s, received_type(%s) mismatch input_type(%s)", in.name, outputs[slot], in.kind),
			in.extra("received_type", outputs[slot], "linked_node", link)), nil
	}
	if !v.node(from).valid {
		r.valid = false
	}
	return nil, nil
}

// parseLink reads [node id, slot].
func parseLink(link []any) (id string, slot int, ok bool) {
	if len(link) != 2 {
		return "", 0, false
	}
	n, isNumber := link[1].(json.Number)
	slot, err := strconv.Atoi(n.String())
	return pyStr(link[0]), slot, isNumber && err == nil
}

// typesMatch: either side may name several types, and * is any.
func typesMatch(output, input string) bool {
	if output == "*" || input == "*" {
		return true
	}
	accepted := strings.Split(input, ",")
	for t := range strings.SplitSeq(output, ",") {
		if !slices.Contains(accepted, t) {
			return false
		}
	}
	return true
}

func convert(kind string, value any) (any, error) {
	switch kind {
	case "INT":
		n, err := pyInt(value)
		if err != nil {
			return nil, err
		}
		return json.Number(n.String()), nil
	case "FLOAT":
		return pyToFloat(value)
	case "STRING":
		return pyStr(value), nil
	case "BOOLEAN":
		return truthy(value), nil
	}
	return value, nil
}

func truthy(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case json.Number:
		f, _ := v.Float64()
		return f != 0
	}
	return true
}

// checkRange compares a converted value with the limits and choices of its input.
func (in input) checkRange(value any) *object {
	if limit, bad := beyond(value, in.options.get("min"), -1); bad {
		return problem("value_smaller_than_min", fmt.Sprintf("Value %s smaller than min of %s", pyStr(value), limit), in.name,
			in.extra("received_value", value))
	}
	if limit, bad := beyond(value, in.options.get("max"), 1); bad {
		return problem("value_bigger_than_max", fmt.Sprintf("Value %s bigger than max of %s", pyStr(value), limit), in.name,
			in.extra("received_value", value))
	}
	if in.choices == nil && in.kind != "COMBO" || slices.Contains(in.choices, value) {
		return nil
	}
	extra, listed := in.extra("received_value", value), pyRepr(in.choices)
	if len(in.choices) > 20 {
		extra.set("input_config", nil)
		listed = fmt.Sprintf("(list of length %d)", len(in.choices))
	}
	return problem("value_not_in_list", "Value not in list", fmt.Sprintf("%s: '%s' not in %s", in.name, pyStr(value), listed), extra)
}

// beyond reports whether value lies on the side (-1 below, 1 above) of a limit, which may be absent.
func beyond(value, limit any, side int) (string, bool) {
	l, ok := limit.(json.Number)
	if !ok {
		return "", false
	}
	var number string
	switch value := value.(type) {
	case json.Number:
		number = value.String()
	case pyFloat:
		number = value.String()
	default:
		return "", false
	}
	a, okA := new(big.Float).SetPrec(256).SetString(number)
	b, okB := new(big.Float).SetPrec(256).SetString(l.String())
	return l.String(), okA && okB && a.Cmp(b) == side
}
