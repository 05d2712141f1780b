package card

import (
	"cmp"
	"slices"
	"strings"

	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// Actions are the workflows that a picture can be handed to by a button: of
// each kind the default, else the first by name, that takes a picture and needs
// no second one.
type Actions struct {
	Upscale   string   // the workflow; "" where there is none
	Parameter string   // its parameter for the factor; "" where it has none
	Factors   []string // of 2, 4 and 8 those that Parameter takes, as a person types them: "2" or "2x"
	Edit      string   // the workflow; "" where there is none
	Animate   string   // the workflow; "" where there is none
}

// ActionsOf reads the actions from a catalog. defaults are the workflows that
// are preferred, by kind, and may lack any.
func ActionsOf(c workflow.Catalog, defaults map[workflow.Kind]string) Actions {
	var a Actions
	offers := c.Usable()
	slices.SortStableFunc(offers, func(x, y workflow.Offer) int {
		return cmp.Compare(rank(x, defaults), rank(y, defaults))
	})
	for _, o := range offers {
		if !takesOnePicture(o.Manifest) {
			continue
		}
		switch o.Kind {
		case workflow.KindUpscale:
			a.offerUpscale(o.Manifest)
		case workflow.KindEdit:
			first(&a.Edit, o.Name)
		case workflow.KindVideo:
			first(&a.Animate, o.Name)
		}
	}
	return a
}

// offerUpscale prefers a workflow with a factor to one without.
func (a *Actions) offerUpscale(m workflow.Manifest) {
	p, factors := factorsOf(m)
	if needsMore(m) || (a.Upscale != "" && (len(a.Factors) > 0 || len(factors) == 0)) {
		return
	}
	a.Upscale, a.Parameter, a.Factors = m.Name, p, factors
}

// rank puts the defaults first.
func rank(o workflow.Offer, defaults map[workflow.Kind]string) int {
	if defaults[o.Kind] == o.Name {
		return 0
	}
	return 1
}

func first(name *string, value string) {
	if *name == "" {
		*name = value
	}
}

// takesOnePicture reports whether one picture is enough to run the workflow.
func takesOnePicture(m workflow.Manifest) bool {
	pictures := m.Pictures()
	required := 0
	for _, p := range pictures {
		if p.Required {
			required++
		}
	}
	return len(pictures) > 0 && required <= 1
}

// needsMore reports whether something must be typed beside the picture.
func needsMore(m workflow.Manifest) bool {
	return slices.ContainsFunc(m.Parameters, func(p workflow.Parameter) bool {
		return p.Required && p.Type != workflow.TypePicture && p.Default.IsZero()
	})
}

// factorsOf finds the parameter that says how much larger the picture gets.
func factorsOf(m workflow.Manifest) (string, []string) {
	for _, name := range []string{"factor", "scale", "upscale", "upscale_by", "scale_by"} {
		p, ok := m.Parameter(name)
		if !ok {
			continue
		}
		var factors []string
		for _, f := range []string{"2", "4", "8"} {
			for _, typed := range []string{f, f + "x"} {
				if takes(p, typed) {
					factors = append(factors, typed)
					break
				}
			}
		}
		if len(factors) > 0 {
			return name, factors
		}
	}
	return "", nil
}

// takes reports whether a parameter can be the factor f, by its own account.
func takes(p workflow.Parameter, f string) bool {
	switch p.Type {
	case workflow.TypeChoice:
		return slices.ContainsFunc(p.Choices, func(c workflow.Choice) bool { return c.Label == f })
	case workflow.TypeInteger, workflow.TypeFloat:
		n, low, high := number(f, -1), number(p.Min.String(), 1), number(p.Max.String(), 8)
		return low <= n && n <= high
	}
	return false
}

// Pictures are the results that the buttons' numbers count, in their order
// from 1: those that are pictures.
func Pictures(results []job.Result) []job.Result {
	return slices.DeleteFunc(slices.Clone(results), func(r job.Result) bool {
		return !strings.HasPrefix(r.Type, "image/")
	})
}
