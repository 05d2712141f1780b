package discordsim

import (
	"encoding/json"
	"iter"
)

// The functions of this file read JSON as the standard library decodes it into any. A value that is not there or of
// another type reads as the zero value.

func textOf(o Object, key string) string {
	v, _ := o[key].(string)
	return v
}

// numberOf reads a number; ok is false where there is none.
func numberOf(o Object, key string) (n float64, ok bool) {
	switch v := o[key].(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case json.Number:
		n, err := v.Float64()
		return n, err == nil
	}
	return 0, false
}

func intOf(o Object, key string) int {
	n, _ := numberOf(o, key)
	return int(n)
}

func intOr(o Object, key string, otherwise int) int {
	if n, ok := numberOf(o, key); ok {
		return int(n)
	}
	return otherwise
}

func boolOr(o Object, key string, otherwise bool) bool {
	if v, ok := o[key].(bool); ok {
		return v
	}
	return otherwise
}

func objectOf(o Object, key string) Object {
	v, _ := o[key].(Object)
	return v
}

func objectsOf(o Object, key string) []Object {
	switch v := o[key].(type) {
	case []Object:
		return v
	case []any:
		out := make([]Object, 0, len(v))
		for _, e := range v {
			if e, ok := e.(Object); ok {
				out = append(out, e)
			}
		}
		return out
	}
	return nil
}

func intsOf(o Object, key string) []int {
	list, _ := o[key].([]any)
	var out []int
	for _, v := range list {
		if n, ok := numberOf(Object{"": v}, ""); ok {
			out = append(out, int(n))
		}
	}
	return out
}

// nested gives the components and all within them: of rows, sections, containers and labels.
func nested(components []Object) iter.Seq[Object] {
	return func(yield func(Object) bool) { descend(components, yield) }
}

func descend(components []Object, yield func(Object) bool) bool {
	for _, c := range components {
		if !yield(c) || !descend(objectsOf(c, "components"), yield) {
			return false
		}
		for _, key := range []string{"accessory", "component"} {
			if inner := objectOf(c, key); inner != nil && !descend([]Object{inner}, yield) {
				return false
			}
		}
	}
	return true
}
