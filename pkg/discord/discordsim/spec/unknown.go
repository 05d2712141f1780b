package spec

import "fmt"

// unknown complains about fields that the file does not know: Discord ignores them, so whoever sends one is mistaken.
// Zero values are let pass, because libraries write them for fields that they leave out.
func (s *Spec) unknown(pointer string, v any) []string {
	var complaints []string
	s.walk([]map[string]any{s.resolve(pointer)}, v, "", &complaints)
	return complaints
}

func (s *Spec) walk(schemas []map[string]any, v any, at string, complaints *[]string) {
	var flat []map[string]any
	for _, schema := range schemas {
		flat = s.expand(flat, schema, v)
	}
	switch v := v.(type) {
	case []any:
		items := collect(flat, "items")
		for i, e := range v {
			s.walk(items, e, step(at, i), complaints)
		}
	case map[string]any:
		s.walkObject(flat, v, at, complaints)
	}
}

func (s *Spec) walkObject(flat []map[string]any, v map[string]any, at string, complaints *[]string) {
	free := collect(flat, "additionalProperties")
	if properties := collect(flat, "properties"); len(properties) > 0 {
		for key, e := range v {
			known := append(collect(properties, key), free...)
			if len(known) == 0 && !zero(e) {
				*complaints = append(*complaints, fmt.Sprintf("at '%s/%s': Discord knows no such field", at, key))
			}
			s.walk(known, e, step(at, key), complaints)
		}
		return
	}
	for key, e := range v {
		s.walk(free, e, step(at, key), complaints)
	}
}

// expand follows references and alternatives to the schemas that may describe v.
func (s *Spec) expand(out []map[string]any, schema map[string]any, v any) []map[string]any {
	if ref := text(schema["$ref"]); ref != "" {
		return s.expand(out, s.resolve(ref), v)
	}
	if typed(schema, v) == typeDiffers {
		return out
	}
	out = append(out, schema)
	for _, key := range []string{"allOf", "anyOf", "oneOf"} {
		for _, a := range list(schema[key]) {
			out = s.expand(out, object(a), v)
		}
	}
	return out
}

// collect gives the objects under a key of each.
func collect(from []map[string]any, key string) []map[string]any {
	var out []map[string]any
	for _, m := range from {
		if sub := object(m[key]); sub != nil {
			out = append(out, sub)
		}
	}
	return out
}
