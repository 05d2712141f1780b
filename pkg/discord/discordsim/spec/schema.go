package spec

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	failure "github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// narrow follows a schema that is a choice by "type" to the one that the value means, so that complaints are about
// that one alone.
func (s *Spec) narrow(pointer string, v any) string {
	alternatives := list(s.resolve(pointer)["anyOf"])
	var fitting []string
	for _, a := range alternatives {
		ref := text(object(a)["$ref"])
		if ref == "" {
			return pointer
		}
		if typed(s.resolve(ref), v) == typeFits {
			fitting = append(fitting, ref)
		}
	}
	if len(fitting) == 1 {
		return fitting[0]
	}
	return pointer
}

// resolve is the schema at a JSON pointer; references are not followed.
func (s *Spec) resolve(pointer string) map[string]any {
	if name, ok := strings.CutPrefix(pointer, "#/components/schemas/"); ok {
		return object(s.schemas[name]) // nearly all of them
	}
	v := any(s.doc)
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "#/"), "/") {
		v = object(v)[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
	}
	return object(v)
}

type fit int

const (
	untyped fit = iota // the schema does not say which types it is for
	typeFits
	typeDiffers
)

// typed says whether a schema is meant for the "type" of a value.
func typed(schema map[string]any, v any) fit {
	enum := list(object(object(schema["properties"])["type"])["enum"])
	switch m := object(v); {
	case enum == nil || m == nil:
		return untyped
	case slices.Contains(enum, m["type"]):
		return typeFits
	default:
		return typeDiffers
	}
}

// flatten gives the leaves of a validation error as "at 'pointer': what". Of several alternatives for a component or an
// option it tells of those that are for its type.
func flatten(err error) []string {
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		if err != nil {
			return []string{err.Error()}
		}
		return nil
	}
	seen := map[string]bool{}
	leaves(invalid, seen)
	return slices.Sorted(maps.Keys(seen))
}

func leaves(e *jsonschema.ValidationError, out map[string]bool) {
	if len(e.Causes) == 0 {
		out[e.Error()] = true
		return
	}
	causes := e.Causes
	switch e.ErrorKind.(type) {
	case *failure.OneOf, *failure.AnyOf:
		causes = relevant(e)
	}
	for _, c := range causes {
		leaves(c, out)
	}
}

// relevant is the alternative that was nearly met, of those that did not fail at their type; all where all did.
func relevant(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	depth := len(e.InstanceLocation)
	kept := slices.DeleteFunc(slices.Clone(e.Causes), func(c *jsonschema.ValidationError) bool { return wrongType(c, depth) })
	if len(kept) == 0 {
		return e.Causes
	}
	return []*jsonschema.ValidationError{slices.MinFunc(kept, func(a, b *jsonschema.ValidationError) int { return count(a) - count(b) })}
}

// count is the number of leaves.
func count(e *jsonschema.ValidationError) int {
	n := 1
	for _, c := range e.Causes {
		n += count(c)
	}
	return n
}

func wrongType(e *jsonschema.ValidationError, depth int) bool {
	at := e.InstanceLocation
	switch k := e.ErrorKind.(type) {
	case *failure.Enum, *failure.Const:
		return len(at) == depth+1 && at[depth] == "type"
	case *failure.Type:
		return len(at) == depth && slices.Equal(k.Want, []string{"null"})
	}
	return slices.ContainsFunc(e.Causes, func(c *jsonschema.ValidationError) bool { return wrongType(c, depth) })
}
