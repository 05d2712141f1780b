package command

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// maxChoices is as many choices as Discord shows.
const maxChoices = 25

// choice is one of them.
type choice = discordgo.ApplicationCommandOptionChoice

// Job is a job as autocomplete offers it.
type Job struct {
	ID       job.ID
	Workflow string
	Prompt   string
	Where    string // in words, such as "3rd in line"
}

// Suggest answers autocomplete: choices for the option that is being typed,
// with regard to the others. It never fails; what it cannot tell has no
// choices. jobs are those of /cancel and /show, best first.
func (m Menu) Suggest(i api.Interaction, jobs []Job) []*choice {
	t := typedOf(i)
	text := t.texts[t.focused]
	switch t.focused {
	case optionJob:
		return suggestJobs(jobs, text)
	case optionWorkflow:
		return suggestOffers(m.orderable(Of(i)), text)
	}
	o, err := m.chosen(Of(i), t)
	if err != nil {
		return nil
	}
	switch t.focused {
	case string(roleModel), string(roleLora):
		if p, ok := role(t.focused).param(o.Manifest); ok {
			return suggestNames(p.Choices, text)
		}
	case string(roleFactor):
		if p, ok := roleFactor.param(o.Manifest); ok {
			return suggestNumbers(p, text)
		}
	case optionMore:
		return suggestMore(Of(i), o.Manifest, text)
	}
	return nil
}

// orderable are the workflows that a command can mean, those of its kind
// first. /generate means every one.
func (m Menu) orderable(n Name) []workflow.Offer {
	offers := m.Catalog.Usable()
	switch n {
	case Loras, Models:
		return slices.DeleteFunc(offers, func(o workflow.Offer) bool { return !has(o.Manifest, n.listed()) })
	case Generate:
		slices.SortStableFunc(offers, func(a, b workflow.Offer) int { return cmp.Compare(foreign(a.Kind), foreign(b.Kind)) })
		return offers
	}
	return slices.DeleteFunc(offers, func(o workflow.Offer) bool { return o.Kind != n.kind() })
}

// foreign puts pictures first, then kinds that have no command of their own.
func foreign(k workflow.Kind) int {
	switch {
	case k == workflow.KindImage:
		return 0
	case slices.Contains(workflow.Kinds(), k):
		return 2
	}
	return 1
}

func suggestOffers(offers []workflow.Offer, text string) []*choice {
	label := func(o workflow.Offer) string {
		if o.Title == "" || strings.EqualFold(o.Title, o.Name) {
			return o.Name
		}
		return o.Name + " · " + o.Title
	}
	var all []*choice
	for _, o := range first(matching(offers, label, text), maxChoices) {
		all = append(all, &choice{Name: clip(label(o), maxValue), Value: short(o.Name, maxValue)})
	}
	return all
}

func suggestNames(choices []workflow.Choice, text string) []*choice {
	label := func(c workflow.Choice) string { return c.Label }
	var all []*choice
	for _, c := range first(matching(choices, label, text), maxChoices) {
		if c.Label != "" {
			all = append(all, &choice{Name: tail(c.Label, maxValue), Value: short(c.Label, maxValue)})
		}
	}
	return all
}

// suggestNumbers offers the workflow's own numbers, or the usual ones that it
// allows.
func suggestNumbers(p workflow.Parameter, text string) []*choice {
	labels := []string{"1.5", "2", "3", "4", "8"}
	if p.Type == workflow.TypeChoice {
		labels = nil
		for _, c := range p.Choices {
			labels = append(labels, c.Label)
		}
	}
	low, high := extent(p)
	var all []*choice
	for _, label := range first(matching(labels, func(s string) string { return s }, text), maxChoices) {
		f, ok := number(label)
		whole := f == float64(int64(f))
		if ok && f >= low && f <= high && (whole || p.Type != workflow.TypeInteger) {
			all = append(all, &choice{Name: label + "×", Value: f})
		}
	}
	return all
}

func suggestJobs(jobs []Job, text string) []*choice {
	label := func(j Job) string {
		parts := []string{j.Workflow, clip(strings.Join(strings.Fields(j.Prompt), " "), 50), j.Where}
		return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
	}
	key := func(j Job) string { return label(j) + " " + j.ID.String() }
	hits := matching(jobs, func(j Job) string { return j.ID.String() }, text)
	if strings.TrimSpace(text) == "" || len(hits) == 0 {
		hits = matching(jobs, key, text)
	}
	var all []*choice
	for _, j := range first(hits, maxChoices) {
		all = append(all, &choice{Name: clip(cmp.Or(label(j), j.ID.String()), maxValue), Value: j.ID.String()})
	}
	return all
}

// first are at most n of the items.
func first[T any](items []T, n int) []T { return items[:min(len(items), n)] }
