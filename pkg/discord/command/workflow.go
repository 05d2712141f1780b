package command

import (
	"cmp"
	"slices"
	"strings"

	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// find is the workflow that a person means by its name or title. The error
// says what there is instead, or why it cannot be used.
func (m Menu) find(name string) (workflow.Offer, error) {
	name = strings.TrimSpace(name)
	same := func(o workflow.Offer) bool {
		return strings.EqualFold(o.Name, name) || strings.EqualFold(o.Title, name)
	}
	if o, ok := m.Catalog.Find(name); ok {
		name = o.Name
	} else if i := slices.IndexFunc(m.Catalog.Offers, same); i >= 0 {
		name = m.Catalog.Offers[i].Name
	}
	o, ok := m.Catalog.Find(name)
	if ok && len(o.Problems) == 0 {
		return o, nil
	}
	_, err := m.Catalog.Resolve(name, nil) // for its words
	return workflow.Offer{}, err
}

// Default is the workflow of a kind that is taken when none is named: the one
// of Defaults, else the first usable one, where one that is no test and has a
// prompt is preferred. picture says whether a picture comes along.
func (m Menu) Default(kind workflow.Kind, picture bool) (workflow.Offer, error) {
	if name := m.Defaults[kind]; name != "" {
		return m.find(name)
	}
	offers := slices.DeleteFunc(m.Catalog.Usable(), func(o workflow.Offer) bool { return o.Kind != kind })
	if len(offers) == 0 {
		return workflow.Offer{}, m.none(kind)
	}
	return slices.MinFunc(offers, func(a, b workflow.Offer) int {
		return cmp.Compare(awkward(a, picture), awkward(b, picture))
	}), nil
}

// awkward is how little a workflow suits those who named none.
func awkward(o workflow.Offer, picture bool) int {
	upscale := o.Kind == workflow.KindUpscale
	n := 0
	for weight, yes := range []bool{
		upscale && !has(o.Manifest, roleFactor),
		!upscale && !has(o.Manifest, rolePrompt),
		strings.HasPrefix(o.Name, "test-"),
		upscale && (Ask{}).incomplete(o.Manifest), // a click on a picture says it all
		!suits(o.Manifest, picture),
	} {
		if yes {
			n += 1 << weight
		}
	}
	return n
}

// suits reports whether one picture is enough, if there is one, or else none
// is needed.
func suits(m workflow.Manifest, picture bool) bool {
	required := 0
	for _, p := range m.Pictures() {
		if p.Required {
			required++
		}
	}
	if picture {
		return len(pictures(m)) > 0 && required <= 1
	}
	return required == 0
}

// none says why nothing of a kind can be ordered.
func (m Menu) none(kind workflow.Kind) error {
	for _, o := range m.Catalog.Offers {
		if o.Kind == kind && len(o.Problems) > 0 {
			return &job.Error{Code: cmp.Or(o.Problems[0].Code, job.CodeInvalid),
				Message: o.Name + " cannot be used: " + o.Problems[0].String()}
		}
	}
	if len(m.Catalog.Offers) == 0 {
		_, err := m.Catalog.Resolve("", nil) // for its words
		return err
	}
	return &job.Error{Code: job.CodeUnknown, Message: "there is none of the kind " + quote(string(kind)) +
		"; there are " + list(names(m.Catalog.Usable()), 10)}
}

func names(offers []workflow.Offer) []string {
	var all []string
	for _, o := range offers {
		all = append(all, o.Name)
	}
	return all
}

// Resolve checks an order wholly, its pictures included, and makes the
// parameters of its request.
func (m Menu) Resolve(a Ask) (job.Params, error) {
	params, err := m.Catalog.Resolve(a.Workflow, a.Raw)
	if err != nil {
		return nil, err
	}
	o, _ := m.Catalog.Find(a.Workflow)
	var given []string
	for _, p := range a.Pictures {
		given = append(given, p.Param)
	}
	if err := o.CheckPictures(given); err != nil {
		return nil, err
	}
	return params, nil
}
