package workflow

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"discomfy/pkg/job"
)

// MaxCatalog bounds a catalog's JSON form, in bytes: it is one NATS message,
// of which a server takes 1 MiB unless told otherwise.
const MaxCatalog = 900 << 10

// Catalog is what an ingress offers and validates by, also while the bridge
// and ComfyUI are away. It is a plain value that travels as JSON.
type Catalog struct {
	Offers []Offer // by name
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
	var c Catalog
	for _, w := range s.All() {
		m, _ := w.offer(nodes)
		c.Offers = append(c.Offers, Offer{m, w.Check(nodes)})
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
		c.Offers[i].Problems = append(c.Offers[i].Problems, p)
	}
}

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

// Resolve makes the complete parameters of a request from what a person typed:
// values are checked and brought into their canonical form, defaults filled
// in, seeds drawn. Pictures are not among them (Manifest.CheckPictures). The
// error is a *job.Error that says what is allowed.
func (c Catalog) Resolve(workflow string, raw map[string]string) (job.Params, error) {
	o, err := c.order(workflow)
	if err != nil {
		return nil, err
	}
	v, fault := o.parseAll(raw)
	if fault != nil {
		return nil, fault
	}
	typed := func(name string) bool { return raw[name] != "" }
	if fault := o.complete(v); fault != nil {
		return nil, fault
	}
	// Which pictures come along is not known here; Bind looks again.
	on := o.switches(v, func(name string) bool { p, _ := o.Parameter(name); return p.Type == TypePicture })
	if fault := o.dropIdle(v, typed, on); fault != nil {
		return nil, fault
	}
	o.drawSeeds(v)
	return v.params(), nil
}

// order finds an offer that can be used.
func (c Catalog) order(workflow string) (Offer, error) {
	o, ok := c.Find(workflow)
	if !ok {
		var names []string
		for _, o := range c.Usable() {
			names = append(names, o.Name)
		}
		return Offer{}, &job.Error{Code: job.CodeUnknown, Message: quote(workflow) + didYouMean(workflow, names)}
	}
	if len(o.Problems) > 0 {
		p := o.Problems[0]
		return Offer{}, &job.Error{Code: cmp.Or(p.Code, job.CodeInvalid),
			Message: fmt.Sprintf("the workflow cannot be used here: %s", p)}
	}
	return o, nil
}

// Format is the inverse of Resolve: the parameters as a person would type
// them.
func Format(params job.Params) map[string]string {
	raw := make(map[string]string, len(params))
	for name, v := range params {
		if value := NewValue(v); !value.IsZero() {
			raw[name] = value.String()
		}
	}
	return raw
}

// wireCatalog is the JSON form: lists of the server's that several parameters
// share stand there once.
type wireCatalog struct {
	Workflows []Offer             `json:"workflows"`
	Lists     map[string][]Choice `json:"lists,omitempty"` // by Class.input
}

// MarshalJSON writes the published form.
func (c Catalog) MarshalJSON() ([]byte, error) {
	w := wireCatalog{Workflows: []Offer{}, Lists: map[string][]Choice{}}
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
	c.Offers = w.Workflows
	return nil
}
