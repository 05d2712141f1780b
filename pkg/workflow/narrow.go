package workflow

import (
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
		from = n.p.Bind[0]
		from.Node = w.Graph[from.Node].Class
	}
	choices, ok := nodes.choices(from.Node, from.Input)
	if !ok {
		n.parameter(job.CodeMissingModel, "the server has no list of choices under %s", from)
		return
	}
	n.p.From, n.p.Choices, n.p.Open = from.String(), choices, false
}

// place narrows to what one input takes.
func (n *narrowing) place(b Binding, in Input) {
	if !takesType(in, n.p.Type) {
		n.problem(b, "parameter %s is %s, but this input takes %s", n.p.Name, n.p.Type.words(), in.Type)
		return
	}
	switch n.p.Type {
	case TypeInteger, TypeFloat:
		n.p.Min, n.p.Max = stricterMin(n.p.Min, in.Min), stricterMax(n.p.Max, in.Max)
	case TypeSeed:
		if in.Max != "" && compareNumbers(in.Max, maxSeed) < 0 {
			n.p.Max = stricterMax(n.p.Max, in.Max)
		}
	case TypeChoice:
		refused := func(c Choice) bool { _, text := in.refuses(c.Value.Any()); return text != "" }
		if slices.ContainsFunc(n.p.Choices, refused) {
			n.p.Choices = slices.DeleteFunc(slices.Clone(n.p.Choices), refused)
		}
	}
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

// checkServer finds what the server would refuse, whatever is given.
func (w *Workflow) checkServer(nodes *Nodes) []Problem {
	_, problems := w.offer(nodes)
	for _, id := range w.Manifest.Outputs {
		if c, ok := nodes.Class(w.Graph[id].Class); ok && !c.Output {
			problems = append(problems, Problem{Node: id, Code: job.CodeRejected,
				Text: fmt.Sprintf("outputs: %s is no node that saves or shows anything", c.Name)})
		}
	}
	for _, given := range w.variants(nodes) {
		for _, p := range w.checkVariant(given, nodes) {
			if !slices.Contains(problems, p) {
				problems = append(problems, p)
			}
		}
	}
	return problems
}

func (w *Workflow) checkVariant(given switches, nodes *Nodes) []Problem {
	g := w.prune(given)
	fill(g, nodes)
	problems := validate(g, nodes, w.bound(given))
	for i, p := range problems {
		link, ok := linkOf(w.Graph[p.Node].Inputs[p.Input])
		if _, still := g[link.Node]; ok && !still {
			problems[i].Text = fmt.Sprintf("takes output %d of node %s, which is left out %s: name an input for it in bypass",
				link.Output, link.Node, given.without())
		}
	}
	return problems
}

// bound are the places that certainly get a parameter's value.
func (w *Workflow) bound(given switches) map[Binding]bool {
	places := map[Binding]bool{}
	for _, p := range w.Manifest.Parameters {
		if !p.always() && !given[p.Name] {
			continue
		}
		for _, b := range p.Bind {
			places[b] = true
		}
	}
	return places
}

// always reports whether the parameter has a value in every complete request.
func (p Parameter) always() bool {
	return p.Required || !p.Default.IsZero() || p.Fallback != "" || p.Type == TypeSeed
}
