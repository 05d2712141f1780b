package workflow

import (
	"encoding/json"
	"strings"

	"discomfy/pkg/job"
)

// parse reads what a person typed for the parameter.
func (p Parameter) parse(raw string) (Value, *job.Error) {
	switch p.Type {
	case TypePicture:
		return Value{}, invalid(p.Name, "is a picture: attach it as a file")
	case TypeString, TypeText:
		return p.accept(newlines(raw))
	case TypeBool:
		b, ok := parseBool(raw)
		if !ok {
			return Value{}, invalid(p.Name, "%s is neither yes nor no", quote(raw))
		}
		return NewValue(b), nil
	case TypeChoice:
		return p.choose(raw)
	}
	return p.number(strings.TrimSpace(raw))
}

// accept checks a value that travelled in a request, or a default, and gives
// it in its canonical form. v is a string, a bool or a json.Number.
func (p Parameter) accept(v any) (Value, *job.Error) {
	switch v := v.(type) {
	case string:
		switch p.Type {
		case TypeString, TypeText:
			return p.text(v)
		case TypeChoice:
			return p.choose(v)
		}
	case bool:
		if p.Type == TypeBool {
			return NewValue(v), nil
		}
	case json.Number:
		switch p.Type {
		case TypeInteger, TypeFloat, TypeSeed:
			return p.number(v.String())
		case TypeChoice:
			return p.choose(v.String())
		}
	case []any:
		return Value{}, invalid(p.Name, "takes one value; several come with a later version")
	}
	return Value{}, invalid(p.Name, "want %s", p.Type.words())
}

// words says what a value of the type is.
func (t Type) words() string {
	switch t {
	case TypeString:
		return "one line of text"
	case TypeText:
		return "text"
	case TypeInteger:
		return "a whole number"
	case TypeFloat:
		return "a number"
	case TypeBool:
		return "yes or no"
	case TypeChoice:
		return "one of the choices"
	case TypeSeed:
		return "a whole number from 0 to " + maxSeed
	}
	return "a picture"
}

func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "yes", "on", "1":
		return true, true
	case "false", "no", "off", "0":
		return false, true
	}
	return false, false
}

const maxSeed = "18446744073709551615"

// number reads and bounds a number.
func (p Parameter) number(s string) (Value, *job.Error) {
	n, err := p.parseNumber(s)
	if err != nil {
		return Value{}, err
	}
	if p.Min != "" && compareNumbers(n, p.Min) < 0 || p.Max != "" && compareNumbers(n, p.Max) > 0 {
		return Value{}, invalid(p.Name, "%s is out of range: allowed is %s", n, p.rangeWords())
	}
	if p.Step != "" {
		if below, above, ok := onStep(n, p.Min, p.Step); !ok {
			return Value{}, invalid(p.Name, "%s does not fit the steps of %s: %s", n, p.Step, p.nearest(below, above))
		}
	}
	return NewValue(n), nil
}

func (p Parameter) parseNumber(s string) (json.Number, *job.Error) {
	switch p.Type {
	case TypeFloat:
		n, ok := canonicalFloat(s)
		switch {
		case ok:
			return n, nil
		case strings.Count(s, ",") == 1 && !strings.Contains(s, "."):
			if n, ok := canonicalFloat(strings.Replace(s, ",", ".", 1)); ok {
				return "", invalid(p.Name, "%s is not a number: write %s", quote(s), n)
			}
		}
		return "", invalid(p.Name, "%s is not a number", quote(s))
	case TypeSeed:
		n, ok := canonicalWhole(s)
		if !ok || compareNumbers(n, "0") < 0 || compareNumbers(n, maxSeed) > 0 {
			return "", invalid(p.Name, "%s is no seed: want %s", quote(s), p.Type.words())
		}
		return n, nil
	}
	n, ok := canonicalWhole(s)
	if !ok {
		return "", invalid(p.Name, "%s is not a whole number", quote(s))
	}
	return n, nil
}

// rangeWords says which numbers are allowed.
func (p Parameter) rangeWords() string {
	var words string
	switch {
	case p.Min != "" && p.Max != "":
		words = p.Min.String() + " to " + p.Max.String()
	case p.Min != "":
		words = p.Min.String() + " or more"
	case p.Max != "":
		words = p.Max.String() + " or less"
	default:
		words = "any number"
	}
	if p.Step != "" && p.Step != "1" {
		words += " in steps of " + p.Step.String()
	}
	return words
}

// nearest names the allowed neighbours of a number between two steps.
func (p Parameter) nearest(below, above json.Number) string {
	if p.Max != "" && compareNumbers(above, p.Max) > 0 {
		return "the nearest is " + below.String()
	}
	return "the nearest are " + below.String() + " and " + above.String()
}
