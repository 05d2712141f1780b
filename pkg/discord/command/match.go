package command

import (
	"slices"
	"strings"
	"unicode"
)

// matching are the items whose name matches what was typed: those that begin
// with it, then those of which words begin with its words, then those that
// contain it. Each group keeps its order. Lists run to thousands, and every
// keystroke asks anew.
func matching[T any](items []T, name func(T) string, typed string) []T {
	q := newQuery(typed)
	if q.text == "" {
		return items
	}
	var groups [3][]T
	for _, it := range items {
		if r, ok := q.rank(name(it)); ok {
			groups[r] = append(groups[r], it)
		}
	}
	return slices.Concat(groups[:]...)
}

// query is what was typed, prepared for many comparisons.
type query struct {
	text  string
	words []string
}

func newQuery(s string) query {
	s = strings.ToLower(strings.TrimSpace(s))
	return query{s, words(s)}
}

// rank is how well a name matches, the least best; false when it does not.
func (q query) rank(name string) (int, bool) {
	name = strings.ToLower(name)
	if !strings.Contains(name, q.text) && !q.within(name) {
		return 0, false
	}
	base := name[strings.LastIndexAny(name, `/\`)+1:]
	switch {
	case strings.HasPrefix(name, q.text), strings.HasPrefix(base, q.text):
		return 0, true
	case q.startsWords(words(name)):
		return 1, true
	}
	return 2, true
}

// startsWords reports whether each word that was typed begins one of the name's.
func (q query) startsWords(of []string) bool {
	return len(q.words) > 0 && !slices.ContainsFunc(q.words, func(w string) bool {
		return !slices.ContainsFunc(of, func(o string) bool { return strings.HasPrefix(o, w) })
	})
}

// within reports whether each word that was typed is somewhere in the name.
func (q query) within(name string) bool {
	return len(q.words) > 0 && !slices.ContainsFunc(q.words, func(w string) bool { return !strings.Contains(name, w) })
}

// words are the runs of letters and digits.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
