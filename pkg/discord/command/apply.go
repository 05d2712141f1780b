package command

import (
	"maps"
	"slices"
	"strings"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/workflow"
)

// Step is what a click on a set-up card, or a modal that it opened, leads to:
// exactly one of Modal (answer with it), Ask (order it; the card is done),
// Close (delete the card and the draft) or Card (update the message).
type Step struct {
	Draft   Draft
	Changed bool // store Draft
	Modal   *api.Modal
	Ask     *Ask
	Close   bool
	Card    *api.Message
}

// Apply does what was clicked or submitted. An error is a *job.Error for
// whoever clicked, and changes nothing.
func (m Menu) Apply(d Draft, i api.Interaction) (Step, error) {
	if i.Asker().ID != d.Asker {
		return Step{}, invalid("", "only who opened this card can use it: /generate opens one of your own")
	}
	switch data := dataOf(i).(type) {
	case discordgo.MessageComponentInteractionData:
		if id, err := card.ParseID(data.CustomID); err == nil && id.Draft == d.ID {
			return m.clicked(d, id, data.Values)
		}
	case discordgo.ModalSubmitInteractionData:
		if id, err := card.ParseID(data.CustomID); err == nil && id.Draft == d.ID && id.Verb == card.Settings {
			return m.submitted(d, id.Arg, EntryOf(i)), nil
		}
	}
	return Step{}, invalid("", "this button is not of this card")
}

func dataOf(i api.Interaction) discordgo.InteractionData {
	if i.Interaction == nil {
		return nil
	}
	return i.Data
}

func (m Menu) clicked(d Draft, id card.ID, values []string) (Step, error) {
	switch id.Verb {
	case card.Discard:
		return Step{Draft: d, Close: true}, nil
	case card.Generate:
		return m.order(d), nil
	case card.Settings:
		if modal, ok := m.draftForm(d, id.Arg); ok {
			return Step{Draft: d, Modal: &modal}, nil
		}
		return Step{}, invalid("", "there is nothing to set")
	case card.Set:
		if len(values) == 1 {
			return m.selected(d, id.Arg, values[0])
		}
	}
	return Step{}, invalid("", "this button is of another version: open a new card")
}

// order is Generate: the order, or the card with what is wrong.
func (m Menu) order(d Draft) Step {
	if _, err := m.Resolve(d.Ask); err != nil {
		d.Fault, d.Typed = err.Error(), nil
		return m.redrawn(d)
	}
	return Step{Draft: d, Ask: &d.Ask}
}

func (m Menu) redrawn(d Draft) Step {
	msg := m.SetupCard(d)
	return Step{Draft: d, Changed: true, Card: &msg}
}

// selected is a choice of one of the lists.
func (m Menu) selected(d Draft, set, value string) (Step, error) {
	o, err := m.find(d.Ask.Workflow)
	if err != nil {
		return Step{}, err
	}
	ls := m.listings(d, o)
	n := slices.IndexFunc(ls, func(l listing) bool { return l.set == set })
	if n < 0 {
		return Step{}, invalid("", "%s has no such list any longer", o.Name)
	}
	d = d.copied()
	switch l := ls[n]; value {
	case valueFind:
		modal := d.searchForm(formSearch + set)
		return Step{Draft: d, Modal: &modal}, nil
	case valuePrev:
		d.Pages[set]--
	case valueNext:
		d.Pages[set]++
	case valueAll:
		delete(d.Search, set)
		delete(d.Pages, set)
	case valueNone:
		m.take(&d, o, set, "")
	default:
		name, ok := l.named(value)
		if !ok {
			return Step{}, invalid(l.word, "that is no longer there: choose another")
		}
		m.take(&d, o, set, name)
	}
	d.Fault, d.Typed = "", nil
	return m.redrawn(d), nil
}

// take sets what was chosen; "" for none.
func (m Menu) take(d *Draft, o workflow.Offer, set, name string) {
	switch set {
	case setWorkflow:
		if other, ok := m.Catalog.Find(name); ok {
			d.Ask = d.Ask.moved(o.Manifest, other.Manifest)
		}
	case setModel:
		d.Ask.put(o.Manifest, roleModel, name)
	case setLora:
		if d.Ask.put(o.Manifest, roleLora, name); name == "" {
			d.Ask.put(o.Manifest, roleLoraStrength, "")
		}
	}
}

func (a *Ask) put(m workflow.Manifest, r role, value string) {
	p, ok := r.param(m)
	switch {
	case !ok:
	case value == "":
		delete(a.Raw, p.Name)
	default:
		a.Raw[p.Name] = value
	}
}

// submitted is a modal of the card.
func (m Menu) submitted(d Draft, which string, e Entry) Step {
	d = d.copied()
	if set, ok := strings.CutPrefix(which, formSearch); ok {
		d.Search[set] = strings.TrimSpace(clip(e[searchInput], maxValue))
		delete(d.Pages, set)
		return m.redrawn(d)
	}
	ask, err := m.Fill(d.Ask, e)
	if err != nil {
		d.Fault, d.Typed = err.Error(), e
		return m.redrawn(d)
	}
	d.Ask, d.Fault, d.Typed = ask, "", nil
	if d.Direct && which == formMain {
		return m.order(d)
	}
	return m.redrawn(d)
}

// copied shares no map with d.
func (d Draft) copied() Draft {
	own := func(m map[string]string) map[string]string {
		if m == nil {
			return map[string]string{}
		}
		return maps.Clone(m)
	}
	d.Ask.Raw, d.Search, d.Pages = own(d.Ask.Raw), own(d.Search), maps.Clone(d.Pages)
	if d.Pages == nil {
		d.Pages = map[string]int{}
	}
	return d
}

// searchInput is the only input of a search.
const searchInput = "search"

func (d Draft) searchForm(which string) api.Modal {
	set := strings.TrimPrefix(which, formSearch)
	input := discordgo.TextInput{CustomID: searchInput, Style: discordgo.TextInputShort, Required: new(false),
		MaxLength: maxValue, Value: d.Search[set]}
	return api.Modal{ID: d.control(card.Settings, formSearch+set).String(), Title: "Search",
		Components: []discordgo.MessageComponent{label("A part of the name", "Empty shows all", input)}}
}
