package workflow

import (
	"cmp"
	"slices"
)

// MaxCatalog bounds a catalog's JSON form, in bytes: it is one NATS message,
// of which a server takes 1 MiB unless told otherwise.
const MaxCatalog = 900 << 10

// Catalog is what an ingress offers and validates by, also while the bridge
// and ComfyUI are away. It is a plain value that travels as JSON.
type Catalog struct {
	Offers []Offer // by name
	Blind  bool    // no server was asked yet: what it has is not known
}

// Offer is one workflow as a server allows it. One with Problems cannot be
// used, and its Manifest may hold no more than a name.
type Offer struct {
	Manifest
	Problems []Problem `json:"problems,omitempty"`
}

// Catalog makes the offers of all workflows: their parameters as the server
// allows them. Without nodes nothing is known of its choices, and they are
// left open. Its JSON form stays below MaxCatalog: lists of choices that are
// too long are cut and left open.
func (s *Set) Catalog(nodes *Nodes) Catalog {
	c := Catalog{Blind: nodes == nil}
	for _, w := range s.All() {
		m, _ := w.offer(nodes)
		c.Offers = append(c.Offers, Offer{m, first(w.Check(nodes))})
	}
	for _, p := range s.refused {
		c.refuse(p)
	}
	slices.SortStableFunc(c.Offers, func(a, b Offer) int { return cmp.Compare(a.Name, b.Name) })
	return c.bounded()
}

// refuse lists a workflow that was not loaded, by the best name it has.
func (c *Catalog) refuse(p Problem) {
	name := cmp.Or(p.Workflow, p.File)
	i := slices.IndexFunc(c.Offers, func(o Offer) bool { return o.Name == name })
	switch {
	case i < 0:
		c.Offers = append(c.Offers, Offer{Manifest{Name: name}, []Problem{p}})
	case len(c.Offers[i].Problems) > 0: // one that is loaded is not spoilt by a namesake
		c.Offers[i].Problems = first(append(c.Offers[i].Problems, p))
	}
}

// first are as many problems as a catalog carries; Check has them all.
func first(problems []Problem) []Problem { return problems[:min(len(problems), 10)] }

// Find looks an offer up by its workflow's name.
func (c Catalog) Find(workflow string) (Offer, bool) {
	i := slices.IndexFunc(c.Offers, func(o Offer) bool { return o.Name == workflow })
	if i < 0 {
		return Offer{}, false
	}
	return c.Offers[i], true
}

// Usable are the offers that can be ordered.
func (c Catalog) Usable() []Offer {
	return slices.DeleteFunc(slices.Clone(c.Offers), func(o Offer) bool { return len(o.Problems) > 0 })
}
