package house_test

import (
	"strings"
	"testing"
)

// rule is something that the whole repository must hold to.
type rule struct {
	name    string
	check   func(tree) []string // complaints
	control map[string]string   // a tree that breaks the rule
	finds   string              // part of what must be said about the control
}

func TestRepositoryKeepsTheRules(t *testing.T) {
	t.Parallel()
	here := repository(t)
	for _, rules := range [][]rule{sourceRules, shapeRules, stateRules, textRules, moduleRules, pageRules} {
		for _, r := range rules {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				for _, complaint := range r.check(here) {
					t.Error(complaint)
				}
				found := r.check(control(r.control))
				if said := strings.Join(found, "\n"); !strings.Contains(said, r.finds) {
					t.Errorf("the control breaks this rule, and the rule says %q: want %q", said, r.finds)
				}
			})
		}
	}
}
