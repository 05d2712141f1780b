package workflow

import (
	"encoding/json"
	"fmt"
	"slices"
)

// wireCatalog is the JSON form: lists of the server's that several parameters
// share stand there once.
type wireCatalog struct {
	Workflows []Offer             `json:"workflows"`
	Blind     bool                `json:"blind,omitempty"`
	Lists     map[string][]Choice `json:"lists,omitempty"` // by Class.input
}

// MarshalJSON writes the published form.
func (c Catalog) MarshalJSON() ([]byte, error) {
	w := wireCatalog{Workflows: []Offer{}, Blind: c.Blind, Lists: map[string][]Choice{}}
	for _, o := range c.Offers {
		o.Parameters = slices.Clone(o.Parameters)
		for i := range o.Parameters {
			w.share(&o.Parameters[i])
		}
		w.Workflows = append(w.Workflows, o)
	}
	return marshal(w)
}

// share moves a server's list out of the parameter; a list that was narrowed
// differently stays where it is.
func (w *wireCatalog) share(p *Parameter) {
	if p.From == "" || len(p.Choices) == 0 {
		return
	}
	if list, ok := w.Lists[p.From]; ok && !slices.Equal(list, p.Choices) {
		return
	}
	w.Lists[p.From], p.Choices = p.Choices, nil
}

// UnmarshalJSON reads the published form.
func (c *Catalog) UnmarshalJSON(data []byte) error {
	var w wireCatalog
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("decode catalog: %w", err)
	}
	for _, o := range w.Workflows {
		for i, p := range o.Parameters {
			if p.Type == TypeChoice && p.Choices == nil {
				o.Parameters[i].Choices = w.Lists[p.From]
			}
		}
	}
	c.Offers, c.Blind = w.Workflows, w.Blind
	return nil
}
