package workflow

import (
	"encoding/json"
	"slices"
)

// bounded cuts the longest lists until the JSON form fits.
func (c Catalog) bounded() Catalog {
	for most := 8192; ; most /= 2 {
		data, err := json.Marshal(c)
		if err != nil || len(data) <= MaxCatalog {
			return c
		}
		if most == 0 {
			return c.fewer()
		}
		c = c.cut(most)
	}
}

// cut leaves at most so many choices of the server's in each list.
func (c Catalog) cut(most int) Catalog {
	c.Offers = slices.Clone(c.Offers)
	for i, o := range c.Offers {
		o.Parameters = slices.Clone(o.Parameters)
		for j, p := range o.Parameters {
			if p.From != "" && len(p.Choices) > most {
				p.Choices, p.Open = p.Choices[:most:most], true
				o.Parameters[j] = p
			}
		}
		c.Offers[i] = o
	}
	return c
}

// fewer leaves out the last workflows: their manifests alone are too large.
func (c Catalog) fewer() Catalog {
	for len(c.Offers) > 0 {
		data, err := json.Marshal(c)
		if err != nil || len(data) <= MaxCatalog {
			return c
		}
		c.Offers = slices.Clone(c.Offers[:len(c.Offers)-1])
	}
	return c
}
