package command

import (
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"discomfy/pkg/discord/card"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// PictureOf is the n-th picture (from 1) among the results of an ended job, as
// card.Pictures counts them. The error is a *job.Error: there is none.
func PictureOf(s job.State, n int) (Picture, error) {
	all := card.Pictures(s.Results)
	if n < 1 || n > len(all) {
		return Picture{}, invalid("", "it has %d pictures to work on, and no number %d", len(all), n)
	}
	r := all[n-1]
	return Picture{Result: r.Name, Name: r.File, Type: r.Type, Size: r.Size}, nil
}

// again is the order that a request came from, as far as its workflow still
// takes it; what it no longer takes is noted.
func (m Menu) again(r job.Request) (Ask, workflow.Offer, error) {
	o, err := m.find(r.Workflow)
	if err != nil {
		return Ask{}, o, err
	}
	a := Ask{Workflow: o.Name, Raw: map[string]string{}}
	var gone []string
	raw := workflow.Format(r.Params)
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		if p, ok := o.Parameter(name); ok && p.Type != workflow.TypePicture {
			a.Raw[name] = raw[name]
		} else {
			gone = append(gone, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Inputs)) {
		if p, ok := o.Parameter(name); ok && p.Type == workflow.TypePicture {
			a.Pictures = append(a.Pictures, Picture{Param: name, Input: r.Inputs[name]})
		} else {
			gone = append(gone, name)
		}
	}
	if len(gone) > 0 {
		a.Notes = append(a.Notes, fmt.Sprintf("%s no longer has %s: left out", o.Name, list(gone, 20)))
	}
	a.Setup = a.incomplete(o.Manifest)
	return a, o, nil
}

// Vary orders the same again with a new seed.
func (m Menu) Vary(r job.Request) (Ask, error) {
	a, o, err := m.again(r)
	if err != nil {
		return Ask{}, err
	}
	seeds := 0
	for _, p := range o.Parameters {
		if p.Type == workflow.TypeSeed {
			delete(a.Raw, p.Name)
			seeds++
		}
	}
	if seeds == 0 {
		return Ask{}, invalid("", "%s has no seed and makes the same each time: redo it with changes instead", o.Name)
	}
	return a, nil
}

// Redo orders the same again, seed included, but for the values in raw.
func (m Menu) Redo(r job.Request, raw map[string]string) (Ask, error) {
	a, o, err := m.again(r)
	if err != nil {
		return Ask{}, err
	}
	maps.Copy(a.Raw, raw)
	a.Setup = a.incomplete(o.Manifest)
	return a, nil
}

// Upscale orders the picture of s larger, by its workflow; factor ""
// is the workflow's own.
func (m Menu) Upscale(s Source, factor string) (Ask, error) {
	a, o, err := m.follow(workflow.KindUpscale, s, rolePrompt, roleNegative)
	if err != nil || factor == "" {
		return a, err
	}
	if p, ok := roleFactor.param(o.Manifest); ok {
		a.Raw[p.Name] = factor
	} else {
		a.Notes = append(a.Notes, fmt.Sprintf("%s has one factor only: %s× was left out", o.Name, factor))
	}
	return a, nil
}

// Edit orders a change of the picture of s, by the default workflow. It is a
// beginning: complete it by the modal, where Modal gives one.
func (m Menu) Edit(s Source) (Ask, error) {
	a, _, err := m.follow(workflow.KindEdit, s)
	return a, err
}

// Animate orders a video of the picture of s, by the default workflow, with
// the prompt of the picture. It is a beginning, as Edit's.
func (m Menu) Animate(s Source) (Ask, error) {
	a, _, err := m.follow(workflow.KindVideo, s, rolePrompt)
	return a, err
}

// follow begins an order of a kind on a picture, with what the picture's own
// request said in the roles that are kept.
func (m Menu) follow(kind workflow.Kind, s Source, kept ...role) (Ask, workflow.Offer, error) {
	if s.Workflow != "" {
		m.Defaults = map[workflow.Kind]string{kind: s.Workflow}
	}
	o, err := m.Default(kind, true)
	if err != nil {
		return Ask{}, o, err
	}
	a := Ask{Workflow: o.Name, Raw: map[string]string{}}
	ps := pictures(o.Manifest)
	if len(ps) == 0 {
		return Ask{}, o, invalid("", "%s takes no picture", o.Name)
	}
	picture := s.Picture
	picture.Param = ps[0].Name
	a.Pictures = []Picture{picture}
	for _, r := range kept {
		p, ok := r.param(o.Manifest)
		switch text := m.said(s.Request, r); {
		case !ok || text == "":
		case utf8.RuneCountInString(text) > p.MaxLength:
			a.Notes = append(a.Notes, fmt.Sprintf("%s takes %d characters of %s, and the picture's has more: left out", o.Name, p.MaxLength, p.Name))
		default:
			a.Raw[p.Name] = text
		}
	}
	a.Setup = a.incomplete(o.Manifest)
	return a, o, nil
}

// said is what a request says in a role.
func (m Menu) said(r *job.Request, of role) string {
	if r == nil {
		return ""
	}
	if o, ok := m.Catalog.Find(r.Workflow); ok {
		if p, ok := of.param(o.Manifest); ok {
			return workflow.NewValue(r.Params[p.Name]).String()
		}
	}
	for _, name := range of.synonyms() { // the workflow is gone: by the convention alone
		if s, ok := r.Params[name].(string); ok {
			return s
		}
	}
	return ""
}

// Prompt is what a request describes in words; "" when nothing.
func (m Menu) Prompt(r job.Request) string { return m.said(&r, rolePrompt) }
