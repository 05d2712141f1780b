package command

import (
	"maps"
	"slices"
	"strings"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/workflow"
)

// Parse reads /generate, /edit, /upscale and /animate. The error is a
// *job.Error; values are judged by Resolve.
func (m Menu) Parse(i api.Interaction) (Ask, error) {
	t := typedOf(i)
	o, err := m.chosen(Of(i), t)
	if err != nil {
		return Ask{}, err
	}
	if lacking := t.lacking(o.Manifest); len(lacking) > 0 {
		return Ask{}, m.refuse(Of(i), o, lacking)
	}
	a := Ask{Workflow: o.Name, Raw: map[string]string{}, Private: t.flag(optionPrivate), Spoiler: t.flag(optionSpoiler)}
	a.options(o.Manifest, t)
	if err := a.attach(o.Manifest, t.files); err != nil {
		return Ask{}, err
	}
	if err := a.more(o.Manifest, t); err != nil {
		return Ask{}, err
	}
	if s, ok := t.given(optionAspect); ok {
		if err := applyAspect(o.Manifest, a.Raw, s); err != nil {
			return Ask{}, err
		}
	}
	a.Setup = a.incomplete(o.Manifest)
	return a, nil
}

// chosen is the workflow that was named, or the default one.
func (m Menu) chosen(n Name, t typed) (workflow.Offer, error) {
	if name, ok := t.given(optionWorkflow); ok {
		return m.find(name)
	}
	return m.Default(n.kind(), len(t.files) > 0)
}

// options takes the options that mean a parameter.
func (a *Ask) options(m workflow.Manifest, t typed) {
	for _, r := range roles() {
		s, given := t.texts[string(r)]
		p, ok := r.param(m)
		if !given || !ok {
			continue
		}
		if p.Type == workflow.TypeChoice {
			s = long(p, s)
		}
		a.Raw[p.Name] = s
	}
}

// attach gives each file its picture parameter.
func (a *Ask) attach(m workflow.Manifest, files map[string]Picture) error {
	ps := pictures(m)
	for n, option := range imageOptions() {
		if f, ok := files[option]; ok && n < len(ps) {
			f.Param = ps[n].Name
			a.Pictures = append(a.Pictures, f)
		}
	}
	if f, ok := files[optionMask]; ok {
		p, _ := mask(m)
		f.Param = p.Name
		a.Pictures = append(a.Pictures, f)
	}
	for option, f := range files {
		if f.URL == "" {
			return invalid(option, "Discord sent no file: attach it once more")
		}
	}
	return nil
}

// more takes the parameters for which there is no option.
func (a *Ask) more(m workflow.Manifest, t typed) error {
	values, err := ParseMore(t.texts[optionMore])
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		p, err := keyed(m, key)
		if err != nil {
			return err
		}
		if _, twice := a.Raw[p.Name]; twice {
			return invalid(optionMore, "%s is given twice", quote(key))
		}
		a.Raw[p.Name] = values[key]
	}
	return nil
}

// keyed is the parameter that a key of `more` names: by its own name, or by
// the option's.
func keyed(m workflow.Manifest, key string) (workflow.Parameter, error) {
	name := strings.ReplaceAll(strings.ToLower(key), "-", "_")
	p, ok := m.Parameter(name)
	if !ok {
		p, ok = role(name).param(m)
	}
	switch {
	case !ok:
		return p, invalid(optionMore, "%s has no parameter %s; it has %s", m.Name, quote(key), list(valueNames(m), 40))
	case p.Type == workflow.TypePicture:
		return p, invalid(optionMore, "%s is a picture: attach it as a file", quote(key))
	}
	return p, nil
}

// incomplete reports whether a value is missing that only a person can give.
func (a Ask) incomplete(m workflow.Manifest) bool {
	return slices.ContainsFunc(m.Parameters, func(p workflow.Parameter) bool {
		fallback := p.Fallback != "" && len(p.Choices) > 0
		return p.Required && p.Type != workflow.TypePicture && p.Default.IsZero() && !fallback &&
			strings.TrimSpace(a.Raw[p.Name]) == ""
	})
}
