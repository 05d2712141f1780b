package workflow

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

func (l *linter) oneParameter(p Parameter) {
	if !parameterName.MatchString(p.Name) {
		l.parameter(p, "name %s: use at most 32 of a-z, 0-9 and _, a letter first", quote(p.Name))
		return
	}
	if !slices.Contains(Types(), p.Type) {
		l.parameter(p, "type: %s: want one of %s", quote(string(p.Type)), typeList())
		return
	}
	if len(p.Bind) == 0 && !l.isSwitch(p.Name) {
		l.parameter(p, "bind: is missing: the value goes nowhere")
	}
	if tooLong(p.Title, maxTitle) || tooLong(p.Help, maxHelp) {
		l.parameter(p, "title and help: at most %d and %d characters", maxTitle, maxHelp)
	}
	l.keysFit(p)
	l.rangeFits(p)
	l.choicesFit(p)
	l.defaultFits(p)
}

// isSwitch reports whether a node is there only when the parameter is given.
func (l *linter) isSwitch(name string) bool {
	for _, rule := range l.m.Nodes {
		if rule.When == name {
			return true
		}
	}
	return false
}

// keysFit refuses keys that mean nothing for the parameter's type.
func (l *linter) keysFit(p Parameter) {
	number := p.Type == TypeInteger || p.Type == TypeFloat
	text := p.Type == TypeString || p.Type == TypeText
	choice := p.Type == TypeChoice
	for _, k := range []struct {
		key       string
		used, fit bool
	}{
		{"min", p.Min != "", number},
		{"max", p.Max != "", number},
		{"step", p.Step != "", number},
		{"max_length", p.MaxLength != 0, text},
		{"choices", p.Choices != nil, choice},
		{"choices_from", p.From != "", choice},
		{"fallback", p.Fallback != "", choice},
		{"default", !p.Default.IsZero(), p.Type != TypePicture && p.Type != TypeSeed},
	} {
		if k.used && !k.fit {
			l.parameter(p, "%s: means nothing for the type %s", k.key, p.Type)
		}
	}
	if p.MaxLength < 0 || p.MaxLength > mostText {
		l.parameter(p, "max_length: want 1 to %d", mostText)
	}
	if p.Required && !p.Default.IsZero() {
		l.parameter(p, "default: a required parameter has none")
	}
}

func (l *linter) rangeFits(p Parameter) {
	for _, k := range []struct {
		key string
		n   json.Number
	}{{"min", p.Min}, {"max", p.Max}, {"step", p.Step}} {
		switch c, ok := canonicalFloat(k.n.String()); {
		case k.n == "":
		case !ok:
			l.parameter(p, "%s: %s is not a number", k.key, quote(k.n.String()))
			return
		case p.Type == TypeInteger && !whole.MatchString(c.String()):
			l.parameter(p, "%s: %s is not a whole number", k.key, k.n)
			return
		}
	}
	if p.Min != "" && p.Max != "" && compareNumbers(p.Min, p.Max) > 0 {
		l.parameter(p, "min: is above max")
	}
	if p.Step != "" && compareNumbers(p.Step, "0") <= 0 {
		l.parameter(p, "step: must be above 0")
	}
}

func (l *linter) choicesFit(p Parameter) {
	if p.Type == TypeChoice && p.Open && p.From == "" && len(p.Bind) == 0 {
		l.parameter(p, "choices: is missing")
	}
	if p.Choices != nil && p.From != "" {
		l.parameter(p, "choices_from: either this or choices")
	}
	if len(p.Choices) > maxChoices {
		l.parameter(p, "choices: at most %d", maxChoices)
	}
	if p.From != "" && strings.Count(p.From, ".") == 0 {
		l.parameter(p, "choices_from: %s: want Class.input or one of %s", quote(p.From),
			strings.Join(slices.Sorted(maps.Keys(sources())), ", "))
	}
	if p.Fallback != "" && p.Fallback != FallbackFirst {
		l.parameter(p, "fallback: %s: want first", quote(string(p.Fallback)))
	}
	if p.Fallback != "" && (p.Required || p.Choices != nil) {
		l.parameter(p, "fallback: is for an optional choice of the server's")
	}
	seen := map[string]bool{}
	for _, c := range p.Choices {
		if seen[c.Label] || c.Label == "" || tooLong(c.Label, maxChoice) {
			l.parameter(p, "choices: %s is empty, too long or there twice", quote(c.Label))
		}
		seen[c.Label] = true
	}
}

// defaultFits checks the default as if a person had given it.
func (l *linter) defaultFits(p Parameter) {
	if p.Default.IsZero() || len(l.problems) > 0 {
		return
	}
	if _, err := p.accept(p.Default.Any()); err != nil {
		l.parameter(p, "default: %s", err.Message)
	}
}

func typeList() string {
	var names []string
	for _, t := range Types() {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}
