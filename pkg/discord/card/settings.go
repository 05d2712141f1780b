package card

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

const (
	maxValue    = 160
	lineWidth   = 34 // visible characters after which a line takes no more settings: a phone's width
	mostValues  = 8  // of a list
	maxSettings = 60
)

// Parameters that are shown together with another.
const (
	width    = "width"
	height   = "height"
	lora     = "lora"
	strength = "lora_strength"
)

// setting is one value of a request, both parts escaped.
type setting struct{ name, value string }

// writeSettings shows all values of the request, several short ones on a line.
func (v View) writeSettings(s *sheet) {
	line, wide := "", 0
	for _, one := range v.settings() {
		n := units(one.name) + units(one.value) + len(" · ")
		if line != "" && wide+n > lineWidth {
			s.line(line)
			line, wide = "", 0
		}
		line, wide = dotted(line, "**"+one.name+"** "+one.value), wide+n
	}
	s.line(line)
}

// settings are the values of the request as people know them.
func (v View) settings() []setting {
	r := v.request()
	if r == nil {
		return nil
	}
	var all []setting
	for _, name := range v.names(r) {
		if one, ok := v.setting(r.Params, name); ok && len(all) < maxSettings {
			all = append(all, one)
		}
	}
	if n := len(r.Inputs); n > 0 {
		all = append(all, setting{nameInputs, pictures(n)})
	}
	return all
}

// names are those of the request's parameters: in the order of the manifest,
// those it does not know last. The prompt is shown elsewhere.
func (v View) names(r *job.Request) []string {
	var names []string
	if v.Offer != nil {
		for _, p := range v.Offer.Parameters {
			if _, ok := r.Params[p.Name]; ok {
				names = append(names, p.Name)
			}
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(r.Params), usually) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	asked := promptName(r)
	return slices.DeleteFunc(names, func(name string) bool { return name == asked })
}

// customary is the order of parameters where no manifest gives one.
var customary = []string{"negative", "checkpoint", "model", lora, width, height, "batch", "steps", "cfg", "seed"}

func usually(a, b string) int {
	i, j := slices.Index(customary, a), slices.Index(customary, b)
	switch {
	case i < 0 && j < 0:
		return strings.Compare(a, b)
	case i < 0:
		return 1
	case j < 0:
		return -1
	}
	return i - j
}

// setting is one parameter for people; false where it is shown with another,
// is empty, or may not be shown.
func (v View) setting(params job.Params, name string) (setting, bool) {
	show := func(name string) string { return v.value(name, params[name]) }
	p := v.parameter(name)
	value := show(name)
	switch {
	case value == "":
		return setting{}, false
	case name == height && show(width) != "", name == strength && show(lora) != "":
		return setting{}, false
	case name == strength && v.parameter(lora).Type != "":
		return setting{}, false // of no LoRA
	case name == width && show(height) != "":
		return setting{nameSize, value + " × " + show(height)}, true
	case name == lora && show(strength) != "":
		value = dotted(value, fmt.Sprintf(nameStrength, show(strength)))
	case p.Type == workflow.TypeSeed || name == "seed":
		value = code(value)
	}
	return setting{title(p, name), value}, true
}

// value shows a parameter's value, escaped; "" where there is nothing to show.
func (v View) value(name string, value any) string {
	if v.Wordless && typed(v.parameter(name), value) {
		return ""
	}
	return words(value)
}

// parameter is what the offer says of a parameter; nothing where it is silent.
func (v View) parameter(name string) workflow.Parameter {
	if v.Offer == nil {
		return workflow.Parameter{}
	}
	p, _ := v.Offer.Parameter(name)
	return p
}
