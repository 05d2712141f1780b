package command

import (
	"discomfy/pkg/discord/card"
	"discomfy/pkg/workflow"
)

// Actions are the workflows that Upscale, Edit and Animate order, for the
// buttons of a card.
func (m Menu) Actions() card.Actions {
	var a card.Actions
	if o, ok := m.taking(workflow.KindUpscale); ok && !(Ask{}).incomplete(o.Manifest) {
		a.Upscale = o.Name
		if p, ok := roleFactor.param(o.Manifest); ok {
			a.Parameter, a.Factors = p.Name, factors(p)
		}
	}
	if o, ok := m.taking(workflow.KindEdit); ok {
		a.Edit = o.Name
	}
	if o, ok := m.taking(workflow.KindVideo); ok {
		a.Animate = o.Name
	}
	return a
}

// taking is the default workflow of a kind, if one picture is enough for it.
func (m Menu) taking(kind workflow.Kind) (workflow.Offer, bool) {
	o, err := m.Default(kind, true)
	return o, err == nil && suits(o.Manifest, true)
}

// factors are those of 2, 4 and 8 that a parameter takes, as they are typed.
func factors(p workflow.Parameter) []string {
	one := workflow.Catalog{Offers: []workflow.Offer{{Manifest: workflow.Manifest{Name: "x", Parameters: []workflow.Parameter{p}}}}}
	var all []string
	for _, f := range []string{"2", "4", "8"} {
		for _, typed := range []string{f, f + "x", "x" + f} {
			if _, err := one.Resolve("x", map[string]string{p.Name: typed}); err == nil && !p.Open {
				all = append(all, typed)
				break
			}
		}
	}
	return all
}
