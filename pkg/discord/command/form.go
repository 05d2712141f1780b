package command

import (
	"cmp"
	"slices"
	"strings"

	"discomfy/pkg/discord/card"
	"discomfy/pkg/workflow"
)

// maxInputs is as many inputs as a modal has.
const maxInputs = 5

// An input's custom id says what it holds, so that a submission can be read by
// itself: the kind, a colon, the parameters.
const (
	oneValue   = "p" // p:steps
	sizeValues = "s" // s:width,height
	someValues = "n" // n:steps,cfg,batch
	pairs      = "m" // m:sampler,scheduler as pairs; one that is missing is taken back
	addedPairs = "a" // a: pairs that are added to what there is
)

// slot is one input of a modal before it is drawn.
type slot struct {
	kind   string
	params []workflow.Parameter
}

func (s slot) id() string {
	var names []string
	for _, p := range s.params {
		names = append(names, p.Name)
	}
	if id := s.kind + ":" + strings.Join(names, ","); len(id) <= card.MaxID {
		return id
	}
	return addedPairs + ":"
}

// slots divides what a workflow asks for into at most five inputs. without are
// roles that are chosen elsewhere.
func slots(m workflow.Manifest, without ...role) []slot {
	d := &division{m: m, taken: map[string]bool{}}
	for _, r := range without {
		if p, ok := r.param(m); ok {
			d.taken[p.Name] = true
		}
	}
	d.one(rolePrompt)
	d.one(roleNegative)
	size := func() {
		if has(m, roleWidth) && has(m, roleHeight) {
			d.together(sizeValues, roleWidth, roleHeight)
		}
	}
	if m.Kind == workflow.KindImage {
		size()
	}
	d.together(someValues, counts(m.Kind)...)
	size()
	d.one(roleSeed)
	return d.filled()
}

// counts are the numbers that share an input.
func counts(k workflow.Kind) []role {
	switch k {
	case workflow.KindEdit:
		return []role{roleStrength, roleSteps, roleCfg}
	case workflow.KindUpscale:
		return []role{roleFactor, roleStrength, roleSteps}
	case workflow.KindVideo:
		return []role{roleFrames, roleFPS, roleStrength}
	}
	return []role{roleSteps, roleCfg, roleBatch}
}

type division struct {
	m     workflow.Manifest
	taken map[string]bool
	slots []slot
}

func (d *division) one(r role) { d.together(oneValue, r) }

// together puts the parameters of several roles into one input.
func (d *division) together(kind string, rs ...role) {
	var ps []workflow.Parameter
	for _, r := range rs {
		if p, ok := r.param(d.m); ok && !d.taken[p.Name] {
			ps = append(ps, p)
			d.taken[p.Name] = true
		}
	}
	d.add(kind, ps)
}

func (d *division) add(kind string, ps []workflow.Parameter) {
	switch {
	case len(ps) == 0:
	case len(ps) == 1 && kind != pairs:
		d.slots = append(d.slots, slot{oneValue, ps})
	default:
		d.slots = append(d.slots, slot{kind, ps})
	}
}

// filled gives the inputs that are left to the other parameters: one each, or
// the last one to all for which there is no room.
func (d *division) filled() []slot {
	rest := slices.DeleteFunc(slices.Clone(d.m.Parameters), func(p workflow.Parameter) bool {
		return p.Type == workflow.TypePicture || d.taken[p.Name]
	})
	room := maxInputs - len(d.slots)
	single := rest
	if len(rest) > room {
		single = rest[:max(0, room-1)]
	}
	for _, p := range single {
		d.add(oneValue, []workflow.Parameter{p})
	}
	if room > 0 {
		d.add(pairs, rest[len(single):])
	}
	return d.slots
}

// others are the slots of what slots leaves out.
func others(m workflow.Manifest, without ...role) []slot {
	d := &division{m: m, taken: map[string]bool{}}
	for _, s := range slots(m, without...) {
		for _, p := range s.params {
			d.taken[p.Name] = true
		}
	}
	for _, r := range without {
		if p, ok := r.param(m); ok {
			d.taken[p.Name] = true
		}
	}
	return d.filled()
}

// shownValue is what an input begins with: what was given, else the default.
func shownValue(p workflow.Parameter, raw map[string]string) string {
	if s, ok := raw[p.Name]; ok {
		return s
	}
	return usualValue(p)
}

// usualValue is the default as it is typed; "" where it cannot be had here.
func usualValue(p workflow.Parameter) string {
	d := p.Default.String()
	if p.Type == workflow.TypeChoice && !p.Open && !slices.ContainsFunc(p.Choices, func(c workflow.Choice) bool { return c.Label == d }) {
		return ""
	}
	return d
}

// title is the parameter's name for people.
func title(p workflow.Parameter) string { return cmp.Or(p.Title, p.Name) }
