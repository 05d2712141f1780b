package command

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/card"
	"discomfy/pkg/workflow"
)

// Bounds of a select.
const (
	maxOptions = 25
	perPage    = 20 // leaves room for the controls
)

// Values of a select that are controls. Names begin with nameMark.
const (
	nameMark  = "="
	valueNone = ":none"
	valuePrev = ":prev"
	valueNext = ":next"
	valueFind = ":search"
	valueAll  = ":all"
)

// listing is one list of which the card lets choose.
type listing struct {
	set    string // card.ID's Arg
	names  []string
	labels map[string]string // name → what people read, where that differs
	chosen string
	word   string // what it lists, such as "LoRA"
	none   string // the label of choosing none; "" where one must be chosen
}

// selects are the card's lists; those without a choice are left out.
func (m Menu) selects(d Draft, o workflow.Offer) []discordgo.MessageComponent {
	var all []discordgo.MessageComponent
	for _, l := range m.listings(d, o) {
		if len(l.names) > 1 || len(l.names) == 1 && l.none != "" {
			all = append(all, d.draw(l))
		}
	}
	return all
}

func (m Menu) listings(d Draft, o workflow.Offer) []listing {
	all := []listing{m.offerListing(d, o)}
	for _, r := range []role{roleModel, roleLora} {
		p, ok := r.param(o.Manifest)
		if !ok {
			continue
		}
		l := listing{set: setModel, word: "Model", chosen: shownValue(p, d.Ask.Raw)}
		if r == roleLora {
			l.set, l.word = setLora, "LoRA"
		}
		for _, c := range p.Choices {
			l.names = append(l.names, c.Label)
		}
		if !p.Required && p.Default.IsZero() {
			l.none = cmp.Or(map[bool]string{true: "The server's first"}[p.Fallback == workflow.FallbackFirst], "No "+l.word)
		}
		all = append(all, l)
	}
	return all
}

// offerListing are the workflows of the same kind that suit the draft.
func (m Menu) offerListing(d Draft, o workflow.Offer) listing {
	l := listing{set: setWorkflow, word: "Workflow", chosen: o.Name, labels: map[string]string{}}
	n := map[workflow.Kind]Name{workflow.KindEdit: Edit, workflow.KindUpscale: Upscale, workflow.KindVideo: Animate}[o.Kind]
	for _, other := range m.orderable(cmp.Or(n, Generate)) {
		if other.Name == o.Name || suits(other.Manifest, len(d.Ask.Pictures) > 0) || o.Kind == workflow.KindImage && suits(other.Manifest, false) {
			l.names = append(l.names, other.Name)
			l.labels[other.Name] = cmp.Or(other.Title, other.Name)
		}
	}
	return l
}

// matching are the names that the search leaves.
func (d Draft) matching(l listing) []string {
	return matching(l.names, func(name string) string { return name + " " + l.labels[name] }, d.Search[l.set])
}

// draw is the list as a select, with paging and searching where it is long.
func (d Draft) draw(l listing) discordgo.SelectMenu {
	s := discordgo.SelectMenu{MenuType: discordgo.StringSelectMenu, CustomID: d.control(card.Set, l.set).String(),
		Placeholder: clip(l.word+": "+cmp.Or(l.labels[l.chosen], l.chosen, l.none, "choose"), 150)}
	names, page := d.matching(l), 0
	if l.none != "" {
		s.Options = append(s.Options, discordgo.SelectMenuOption{Label: l.none, Value: valueNone, Default: l.chosen == ""})
	}
	long := len(l.names)+len(s.Options) > maxOptions
	if long {
		page = min(max(d.Pages[l.set], 0), max(0, (len(names)-1)/perPage))
	}
	shown := names
	if long {
		shown = names[page*perPage : min(len(names), (page+1)*perPage)]
	}
	for _, name := range shown {
		s.Options = append(s.Options, discordgo.SelectMenuOption{Label: tail(cmp.Or(l.labels[name], name), maxValue),
			Value: nameMark + short(name, maxValue-len(nameMark)), Default: name == l.chosen})
	}
	if long {
		s.Options = append(s.Options, d.controls(l, page, len(names))...)
	}
	return s
}

// controls page and search a list of n names.
func (d Draft) controls(l listing, page, n int) []discordgo.SelectMenuOption {
	var all []discordgo.SelectMenuOption
	add := func(value, label string) {
		all = append(all, discordgo.SelectMenuOption{Label: clip(label, maxValue), Value: value})
	}
	if page > 0 {
		add(valuePrev, fmt.Sprintf("‹ %d before", page*perPage))
	}
	if left := n - (page+1)*perPage; left > 0 {
		add(valueNext, fmt.Sprintf("› %d more", left))
	}
	add(valueFind, fmt.Sprintf("Search among %d …", len(l.names)))
	if d.Search[l.set] != "" {
		add(valueAll, fmt.Sprintf("Show all again (now %d with %q)", n, d.Search[l.set]))
	}
	return all
}

// named is the name that a select's value stands for.
func (l listing) named(value string) (string, bool) {
	i := slices.IndexFunc(l.names, func(name string) bool { return nameMark+short(name, maxValue-len(nameMark)) == value })
	if i < 0 {
		return "", false
	}
	return l.names[i], true
}
