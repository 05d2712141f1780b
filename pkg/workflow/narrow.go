package workflow

import (
	"encoding/json"
	"fmt"
	"slices"

	"discomfy/pkg/job"
)

// narrow is the parameter as this server allows it: its range cut to what the
// inputs take that it is bound to, its choices those that the server has.
func (w *Workflow) narrow(p Parameter, nodes *Nodes) (Parameter, []Problem) {
	n := &narrowing{p: p}
	if p.Type == TypeChoice {
		n.source(w, nodes)
	}
	known := len(p.Bind) == 0
	for _, b := range p.Bind {
		c, ok := nodes.Class(w.Graph[b.Node].Class)
		if !ok || c.takes(b.Input) {
			known = true
		}
		if in, ok := c.input(b.Input); ok {
			n.place(b, in)
		}
	}
	if !known {
		n.problem(p.Bind[0], "parameter %s goes nowhere: the server's %s has no such input", p.Name, w.Graph[p.Bind[0].Node].Class)
	}
	if len(n.problems) == 0 {
		n.possible()
	}
	return n.p, n.problems
}

type narrowing struct {
	p        Parameter
	problems []Problem
}

func (n *narrowing) problem(b Binding, format string, args ...any) {
	n.problems = append(n.problems, Problem{Node: b.Node, Input: b.Input, Text: fmt.Sprintf(format, args...), Code: job.CodeRejected})
}

func (n *narrowing) parameter(code job.Code, format string, args ...any) {
	n.problems = append(n.problems, Problem{Input: n.p.Name, Text: fmt.Sprintf(format, args...), Code: code})
}

// source takes the server's list of choices, unless the manifest has its own.
func (n *narrowing) source(w *Workflow, nodes *Nodes) {
	if !n.p.Open {
		return
	}
	from, ok := ParseBinding(n.p.From)
	if !ok {
		from = n.p.Bind[0] // lint sees to it that there is one
		from.Node = w.Graph[from.Node].Class
	}
	choices, ok := nodes.choices(from.Node, from.Input)
	if !ok {
		n.parameter(job.CodeMissingModel, "%s", nodes.noChoices(from))
		return
	}
	n.p.From, n.p.Choices, n.p.Open = from.String(), choices, false
}

// noChoices says why there is no list under a class's input.
func (n *Nodes) noChoices(from Binding) string {
	if _, ok := n.Class(from.Node); !ok {
		return noClass(from.Node)
	}
	return fmt.Sprintf("the server lists no choices under %s", from)
}

// place narrows to what one input takes.
func (n *narrowing) place(b Binding, in Input) {
	if !takesType(in, n.p.Type) {
		n.problem(b, "parameter %s is %s, but this input takes %s", n.p.Name, n.p.Type.words(), in.Type)
		return
	}
	switch n.p.Type {
	case TypeInteger, TypeFloat:
		n.p.Min = n.p.stepUp(stricterMin(n.p.Min, in.Min))
		n.p.Max = stricterMax(n.p.Max, in.Max)
	case TypeSeed:
		if in.Max != "" && compareNumbers(in.Max, maxSeed) < 0 {
			n.p.Max = stricterMax(n.p.Max, in.Max)
		}
	case TypeChoice:
		n.p.Choices = in.allowed(n.p.Choices)
	}
}

// stepUp is the least number on the parameter's steps that is not below n. The
// steps count from Min, so a stricter Min must be one of them.
func (p Parameter) stepUp(n json.Number) json.Number {
	if p.Step == "" || n == p.Min {
		return n
	}
	_, above, _ := onStep(n, p.Min, p.Step)
	return above
}

// allowed are those of the choices whose value the input takes. Lists run to
// thousands, and mostly this is the input's own.
func (in Input) allowed(choices []Choice) []Choice {
	if sameList(choices, in.Choices) {
		return choices
	}
	set := make(map[string]bool, len(in.Choices))
	for _, c := range in.Choices {
		set[c.Label] = true
	}
	refused := func(c Choice) bool {
		if in.Choice {
			return !set[c.Value.String()]
		}
		_, text := in.refuses(c.Value.Any())
		return text != ""
	}
	if slices.ContainsFunc(choices, refused) {
		return slices.DeleteFunc(slices.Clone(choices), refused)
	}
	return choices
}

func sameList(a, b []Choice) bool {
	return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0]
}

// takesType reports whether a value of the type may be written into the input.
// Types that only custom nodes know take anything.
func takesType(in Input, t Type) bool {
	switch in.Type {
	case typeInt:
		return t == TypeInteger || t == TypeSeed || t == TypeChoice
	case typeFloat:
		return t == TypeInteger || t == TypeFloat || t == TypeSeed || t == TypeChoice
	case typeBoolean:
		return t == TypeBool || t == TypeChoice
	case typeCombo, typeDynamicCombo:
		return t == TypeChoice || t == TypePicture || !in.Choice
	case typeString:
		return t != TypeBool && t != TypeInteger && t != TypeFloat && t != TypeSeed
	}
	return !linkOnly(in.Type)
}

// possible finds a parameter that has been narrowed to nothing, or whose
// default has.
func (n *narrowing) possible() {
	p := n.p
	if p.Min != "" && p.Max != "" && compareNumbers(p.Min, p.Max) > 0 {
		n.parameter(job.CodeRejected, "the server's range leaves nothing of the manifest's")
		return
	}
	optional := !p.Required && p.Default.IsZero() && p.Fallback == ""
	if p.Type == TypeChoice && len(p.Choices) == 0 && !optional {
		n.parameter(job.CodeMissingModel, "the server offers nothing to choose from%s", under(p.From))
		return
	}
	if p.Default.IsZero() || p.Fallback != "" {
		return
	}
	if _, err := p.accept(p.Default.Any()); err != nil {
		n.parameter(err.Code, "default: %s", err.Message)
	}
}

func under(from string) string {
	if from == "" {
		return ""
	}
	return " under " + from
}

// offer is the manifest as the server allows it; nil nodes allow what it says.
func (w *Workflow) offer(nodes *Nodes) (Manifest, []Problem) {
	m := w.Manifest
	if nodes == nil {
		return m, nil
	}
	var problems []Problem
	m.Parameters = slices.Clone(m.Parameters)
	for i, p := range m.Parameters {
		narrowed, found := w.narrow(p, nodes)
		m.Parameters[i] = narrowed
		problems = append(problems, found...)
	}
	return m, problems
}
