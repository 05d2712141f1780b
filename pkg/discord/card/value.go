package card

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// title is a parameter's name for people, escaped.
func title(p workflow.Parameter, name string) string {
	if t := shown(p.Title, maxName); t != "" {
		return t
	}
	if t := customaryName(name); t != "" {
		return t
	}
	return capital(shown(strings.ReplaceAll(name, "_", " "), maxName))
}

// typed reports whether a person may have put the value into words of their
// own: it holds a text that is no choice that the workflow offers.
func typed(p workflow.Parameter, value any) bool {
	switch x := value.(type) {
	case string:
		return !slices.ContainsFunc(p.Choices, func(c workflow.Choice) bool { return c.Label == x })
	case []any:
		return slices.ContainsFunc(x, func(one any) bool { return typed(p, one) })
	}
	return false
}

// words shows a value, escaped; "" where it is empty.
func words(value any) string {
	switch x := value.(type) {
	case string:
		return shown(x, maxValue)
	case json.Number:
		return shown(x.String(), maxValue)
	case bool:
		return yes(x)
	case int:
		return strconv.Itoa(x)
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	case []any:
		return several(x)
	}
	return ""
}

// several shows a list.
func several(list []any) string {
	var parts []string
	for _, x := range list[:min(len(list), mostValues)] {
		if _, nested := x.([]any); nested {
			continue
		}
		if w := words(x); w != "" {
			parts = append(parts, w)
		}
	}
	if more := len(list) - mostValues; more > 0 {
		parts = append(parts, fmt.Sprintf(textMore, more))
	}
	return strings.Join(parts, ", ")
}

// code sets a number so that a tap copies it; other texts stay as they are.
func code(value string) string {
	if !digits(value) {
		return value
	}
	return "`" + value + "`"
}

// promptName is the parameter that prompt shows, or "".
func promptName(r *job.Request) string {
	for _, name := range promptNames {
		if s, ok := r.Params[name].(string); ok && s != "" {
			return name
		}
	}
	return ""
}
