package command

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/workflow"
)

// Draft is an order that is being put together on a card. Its JSON form is
// stored by the caller under its id, for a day.
type Draft struct {
	ID      string            `json:"id"`               // of the interaction that opened it; card.ID.Draft
	Asker   string            `json:"asker"`            // Discord user id; nobody else may use the card
	Ask     Ask               `json:"ask"`              // what "Generate" orders
	Typed   Entry             `json:"typed,omitempty"`  // a modal that could not be read
	Fault   string            `json:"fault,omitempty"`  // why, in words
	Direct  bool              `json:"direct,omitempty"` // the modal orders at once: there is no card but for faults
	Pages   map[string]int    `json:"pages,omitempty"`  // list → page that is open, from 0
	Search  map[string]string `json:"search,omitempty"` // list → what it is narrowed to
	Created time.Time         `json:"created,omitzero"`
}

// ParseDraft reads a stored draft.
func ParseDraft(data []byte) (Draft, error) {
	var d Draft
	if err := json.Unmarshal(data, &d); err != nil {
		return Draft{}, fmt.Errorf("read draft: %w", err)
	}
	if d.ID == "" || d.Asker == "" {
		return Draft{}, errors.New("read draft: it names nobody")
	}
	return d, nil
}

// control is the custom id of something on the draft's card.
func (d Draft) control(v card.Verb, arg string) card.ID {
	return card.ID{Verb: v, Draft: d.ID, Arg: arg}
}

// What a select sets, and which modals there are: the Arg of a card.ID. A
// search has the name of its list behind.
const (
	setWorkflow = "workflow"
	setModel    = "model"
	setLora     = "lora"

	formMain     = "main"
	formMore     = "more"
	formStrength = "strength"
	formSearch   = "search."
)

// DraftModal is the draft's main form, as the first answer where there is no card
// (Direct); false where there is nothing to ask for.
func (m Menu) DraftModal(d Draft) (api.Modal, bool) { return m.draftForm(d, formMain) }

// chosenElsewhere are the roles that selects of the card set, and modals need
// not ask for. Of a list that is not the whole one, other names can be typed.
func (m Menu) chosenElsewhere(d Draft, o workflow.Offer) []role {
	if d.Direct {
		return nil
	}
	var rs []role
	for _, r := range []role{roleModel, roleLora} {
		if p, ok := r.param(o.Manifest); ok && !p.Open && len(p.Choices) > 0 {
			rs = append(rs, r)
		}
	}
	return rs
}

// draftForm is one of the draft's modals.
func (m Menu) draftForm(d Draft, which string) (api.Modal, bool) {
	o, ok := m.Catalog.Find(d.Ask.Workflow)
	if !ok {
		return api.Modal{}, false
	}
	var inputs []slot
	switch which {
	case formMain:
		inputs = slots(o.Manifest, m.chosenElsewhere(d, o)...)
	case formMore:
		inputs = others(o.Manifest, m.chosenElsewhere(d, o)...)
	case formStrength:
		if p, ok := roleLoraStrength.param(o.Manifest); ok {
			inputs = []slot{{oneValue, []workflow.Parameter{p}}}
		}
	default:
		return d.searchForm(which), true
	}
	return form(d.control(card.Settings, which), cmp.Or(o.Title, o.Name), inputs, d.Ask.Raw, d.Typed)
}
