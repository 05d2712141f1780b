package spec

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// What a JSON value is; anything else is the zero value.

func object(v any) map[string]any { m, _ := v.(map[string]any); return m }

func list(v any) []any { l, _ := v.([]any); return l }

func text(v any) string { s, _ := v.(string); return s }

func length(v any) int { return utf8.RuneCountInString(text(v)) }

func number(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

func integer(v any) int {
	f, _ := number(v)
	return int(f)
}

// zero values say nothing: libraries write them for fields that they leave out.
func zero(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case bool:
		return !x
	case string:
		return x == ""
	case json.Number:
		f, err := x.Float64()
		return err == nil && f == 0
	case []any:
		return len(x) == 0
	case map[string]any:
		return len(x) == 0
	default:
		return false
	}
}

// step lengthens a JSON pointer.
func step[T string | int](at string, to T) string {
	switch to := any(to).(type) {
	case int:
		return at + "/" + strconv.Itoa(to)
	case string:
		return at + "/" + to
	}
	return at
}
