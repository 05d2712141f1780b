package workflow

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"discomfy/pkg/job"
)

// maxChoice bounds the name of a choice, in characters: twice the longest file
// name, for folders.
const maxChoice = 512

func labels(choices []Choice) []string {
	names := make([]string, len(choices))
	for i, c := range choices {
		names[i] = c.Label
	}
	return names
}

// union is a with those of b that it lacks.
func union(a, b []Choice) []Choice {
	return append(slices.Clone(a), slices.DeleteFunc(slices.Clone(b), func(c Choice) bool {
		return slices.Contains(a, c)
	})...)
}

// find looks a choice up by label.
func find(choices []Choice, label string) (Choice, bool) {
	i := slices.IndexFunc(choices, func(c Choice) bool { return c.Label == label })
	if i < 0 {
		return Choice{}, false
	}
	return choices[i], true
}

// choose finds the choice that s means: by its exact label, or else by a
// single one that differs only in case, or in folder and extension. The value
// is its label.
func (p Parameter) choose(s string) (Value, *job.Error) {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxChoice {
		return Value{}, invalid(p.Name, "is not the name of a choice")
	}
	if c, ok := find(p.Choices, s); ok {
		return NewValue(c.Label), nil
	}
	if c, ok := meant(p.Choices, strings.TrimSpace(s)); ok {
		return NewValue(c.Label), nil
	}
	if p.Open && strings.IndexFunc(s, isControl) < 0 {
		return NewValue(s), nil
	}
	return Value{}, p.noSuchChoice(s)
}

func isControl(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }

// meant finds the only choice that s can mean.
func meant(choices []Choice, s string) (Choice, bool) {
	sameFold := func(label string) bool { return strings.EqualFold(label, s) }
	sameStem := func(label string) bool { return strings.EqualFold(stem(label), s) }
	for _, same := range []func(string) bool{sameFold, sameStem} {
		var hits []Choice
		for _, c := range choices {
			if same(c.Label) {
				hits = append(hits, c)
			}
		}
		if len(hits) == 1 {
			return hits[0], true
		}
	}
	return Choice{}, false
}

// stem is a file's name without folder and extension. Servers on Windows
// write folders with a backslash.
func stem(label string) string {
	base := path.Base(strings.ReplaceAll(label, `\`, "/"))
	return strings.TrimSuffix(base, path.Ext(base))
}

// noSuchChoice says what there is instead.
func (p Parameter) noSuchChoice(s string) *job.Error {
	code, where := job.CodeInvalid, ""
	if p.From != "" {
		code, where = job.CodeMissingModel, " on the server"
	}
	e := &job.Error{Code: code, Input: p.Name}
	names := labels(p.Choices)
	switch suggestion, ok := closest(s, names); {
	case len(names) == 0:
		e.Message = fmt.Sprintf("there is no %s: nothing to choose from%s", quote(s), where)
	case ok:
		e.Message = fmt.Sprintf("there is no %s%s; did you mean %s?", quote(s), where, quote(suggestion))
	default:
		e.Message = fmt.Sprintf("there is no %s%s; choose from %s", quote(s), where, some(names))
	}
	return e
}

// some lists the first few names.
func some(names []string) string {
	const most = 8
	var first []string
	for _, name := range names[:min(most, len(names))] {
		first = append(first, clip(name))
	}
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(first, ", "), more)
	}
	return strings.Join(first, ", ")
}
