package workflow

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
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
