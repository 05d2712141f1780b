package workflow

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of a manifest: what an ingress can still show.
const (
	maxParameters = 40
	maxChoices    = 200 // written out in the manifest; a server's lists may be longer
	maxTitle      = 80
	maxHelp       = 500
	maxRepeat     = 16
)

var (
	workflowName  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	parameterName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
)

// linter collects the problems of one manifest.
type linter struct {
	m        Manifest
	problems []Problem
}

// lint finds what is wrong with a manifest whatever its graph is.
func (m Manifest) lint() []Problem {
	l := &linter{m: m}
	l.head()
	seen := map[string]bool{}
	for _, p := range m.Parameters {
		if seen[p.Name] {
			l.parameter(p, "there are two parameters of that name")
		}
		seen[p.Name] = true
		l.oneParameter(p)
	}
	for _, id := range slices.SortedFunc(maps.Keys(m.Nodes), compareIDs) {
		l.node(id, m.Nodes[id])
	}
	return l.problems
}

func (l *linter) add(p Problem) {
	p.Workflow = l.m.Name
	l.problems = append(l.problems, p)
}

func (l *linter) text(format string, args ...any) {
	l.add(Problem{Text: fmt.Sprintf(format, args...)})
}

func (l *linter) parameter(p Parameter, format string, args ...any) {
	l.add(Problem{Input: p.Name, Text: fmt.Sprintf(format, args...)})
}

func (l *linter) head() {
	switch m := l.m; {
	case m.Name == "":
		l.text("name: is missing")
	case !workflowName.MatchString(m.Name):
		l.text("name: %s: use at most 32 of a-z, 0-9 and -", quote(m.Name))
	case !slices.Contains(Kinds(), m.Kind):
		l.text("kind: %s: want image, edit, upscale or video", quote(string(m.Kind)))
	case len(m.Outputs) == 0:
		l.text("outputs: is missing: name the nodes whose files are the result")
	case len(m.Parameters) > maxParameters:
		l.text("parameters: there are %d, at most %d are possible", len(m.Parameters), maxParameters)
	case tooLong(m.Title, maxTitle) || tooLong(m.Description, maxHelp):
		l.text("title and description: at most %d and %d characters", maxTitle, maxHelp)
	}
}

func tooLong(s string, most int) bool {
	return !utf8.ValidString(s) || utf8.RuneCountInString(s) > most
}

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
	for key, n := range map[string]json.Number{"min": p.Min, "max": p.Max, "step": p.Step} {
		switch c, ok := canonicalFloat(n.String()); {
		case n == "":
		case !ok:
			l.parameter(p, "%s: %s is not a number", key, quote(n.String()))
			return
		case p.Type == TypeInteger && !whole.MatchString(c.String()):
			l.parameter(p, "%s: %s is not a whole number", key, n)
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

func (l *linter) node(id string, rule NodeRule) {
	add := func(format string, args ...any) { l.add(Problem{Node: id, Text: fmt.Sprintf(format, args...)}) }
	if tooLong(rule.Title, maxTitle) {
		add("title: at most %d characters", maxTitle)
	}
	if rule.When == "" {
		if rule.Bypass != nil || rule.Repeat != 0 {
			add("bypass and repeat: are for a node with when")
		}
		return
	}
	p, ok := l.m.Parameter(rule.When)
	switch {
	case !ok:
		add("when: there is no parameter %s", quote(rule.When))
	case p.Required, p.Fallback != "", p.Type == TypeSeed, !p.Default.IsZero() && p.Type != TypeBool:
		add("when: parameter %s always has a value, so the node would always be there", p.Name)
	case rule.Repeat < 0 || rule.Repeat > maxRepeat:
		add("repeat: want 1 to %d", maxRepeat)
	case rule.Repeat > 0 && len(rule.Bypass) == 0:
		add("repeat: needs bypass, which says how the copies are chained")
	}
}

func typeList() string {
	var names []string
	for _, t := range Types() {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}
