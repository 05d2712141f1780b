package workflow

import (
	"encoding/json"
	"fmt"

	"discomfy/pkg/job"
)

// refuses says why the input does not take a value that is written into the
// graph; an empty text when it does. Texts that are numbers count as such, as
// they do for the server.
func (in Input) refuses(value any) (job.Code, string) {
	switch {
	case in.Choice:
		return in.refusesChoice(value)
	case in.Type == typeInt || in.Type == typeFloat:
		return job.CodeInvalid, in.refusesNumber(value)
	case in.Type == typeString:
		if NewValue(value).IsZero() {
			return job.CodeInvalid, "wants a text"
		}
	case linkOnly(in.Type):
		return job.CodeInvalid, fmt.Sprintf("wants a link to a node that gives %s", in.Type)
	}
	return "", ""
}

// linkOnly knows the types that no page has a widget for.
func linkOnly(t string) bool {
	switch t {
	case "MODEL", "CLIP", "VAE", "IMAGE", "MASK", "LATENT", "CONDITIONING", "AUDIO", "VIDEO", "CONTROL_NET":
		return true
	}
	return false
}

func (in Input) refusesNumber(value any) string {
	text := ""
	switch v := value.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	case bool:
		return ""
	}
	n, ok := canonicalFloat(text)
	switch {
	case !ok:
		return fmt.Sprintf("%s is not a number", quote(fmt.Sprint(value)))
	case in.Min != "" && compareNumbers(n, in.Min) < 0:
		return fmt.Sprintf("%s is below the server's least, %s", n, in.Min)
	case in.Max != "" && compareNumbers(n, in.Max) > 0:
		return fmt.Sprintf("%s is above the server's most, %s", n, in.Max)
	}
	return ""
}

func (in Input) refusesChoice(value any) (job.Code, string) {
	text := fmt.Sprint(value)
	if _, ok := find(in.Choices, text); ok {
		return "", ""
	}
	names := labels(in.Choices)
	hint := "it offers " + some(names)
	if len(names) == 0 {
		hint = "it offers none"
	}
	if name, ok := closest(text, names); ok {
		hint = "did you mean " + quote(name) + "?"
	}
	return job.CodeMissingModel, fmt.Sprintf("the server has no %s; %s", quote(text), hint)
}
