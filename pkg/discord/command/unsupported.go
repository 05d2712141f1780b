package command

import (
	"slices"
	"strings"

	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// imageOptions are the options for pictures, in their order.
func imageOptions() []string { return []string{optionImage, optionImage2, optionImage3} }

// supports reports whether an option means something to the workflow.
func supports(m workflow.Manifest, option string) bool {
	switch option {
	case optionWorkflow, optionPrivate, optionSpoiler, optionMore:
		return true
	case optionAspect:
		return has(m, roleWidth) && has(m, roleHeight)
	case optionMask:
		_, ok := mask(m)
		return ok
	}
	if n := slices.Index(imageOptions(), option); n >= 0 {
		return n < len(pictures(m))
	}
	return has(m, role(option))
}

func has(m workflow.Manifest, r role) bool {
	_, ok := r.param(m)
	return ok
}

// lacking are the options that were given and mean nothing to the workflow.
func (t typed) lacking(m workflow.Manifest) []string {
	var all []string
	for name := range t.texts {
		if !supports(m, name) {
			all = append(all, name)
		}
	}
	for name := range t.files {
		if !supports(m, name) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// refuse names the options that the workflow lacks, what it takes instead, and
// which workflows have them.
func (m Menu) refuse(n Name, o workflow.Offer, lacking []string) *job.Error {
	e := invalid("", "%s has no %s; it takes %s", o.Name, list(lacking, 20), takes(n, o.Manifest))
	var others []string
	for _, other := range m.Catalog.Usable() {
		if !slices.ContainsFunc(lacking, func(option string) bool { return !supports(other.Manifest, option) }) {
			others = append(others, other.Name)
		}
	}
	switch len(others) {
	case 0:
	case 1:
		e.Message += "; another workflow has it: " + others[0]
	default:
		e.Message += "; other workflows have it: " + list(others, 5)
	}
	return e
}

// takes is what a workflow takes, by the options of the command and, for what
// has none, by the keys of `more`.
func takes(n Name, m workflow.Manifest) string {
	taken, options := map[string]bool{}, []string{}
	for _, option := range optionsOf(n) {
		switch {
		case !supports(m, option) || slices.Contains([]string{optionWorkflow, optionPrivate, optionSpoiler, optionMore}, option):
			continue
		case has(m, role(option)):
			p, _ := role(option).param(m)
			taken[p.Name] = true
		}
		options = append(options, option)
	}
	words := list(options, 20)
	if rest := slices.DeleteFunc(valueNames(m), func(name string) bool { return taken[name] }); len(rest) > 0 {
		words = strings.TrimPrefix(words+", and in `more` ", "nothing, and ") + list(rest, 40)
	}
	return words
}

// optionsOf are the names of a command's options.
func optionsOf(n Name) []string {
	var all []string
	for _, c := range Definitions(workflow.Catalog{}, Options{}) {
		if c.Name == string(n) {
			for _, o := range c.Options {
				all = append(all, o.Name)
			}
		}
	}
	return all
}

// valueNames are the parameters that are no pictures.
func valueNames(m workflow.Manifest) []string {
	var all []string
	for _, p := range m.Parameters {
		if p.Type != workflow.TypePicture {
			all = append(all, p.Name)
		}
	}
	return all
}
