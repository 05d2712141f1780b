package workflow

import (
	"encoding/json"
	"slices"
	"sort"
)

// bounded cuts the longest lists until the JSON form fits; where the manifests
// alone are too large, the last workflows are left out.
func (c Catalog) bounded() Catalog {
	const longest = 8192
	for most := longest; most > 0 && !c.fits(); most /= 2 {
		c = c.cut(most)
	}
	if c.fits() {
		return c
	}
	upTo := func(n int) Catalog { return Catalog{Offers: c.Offers[:n], Blind: c.Blind} }
	tooMany := func(n int) bool { return !upTo(n).fits() }
	return upTo(max(0, sort.Search(len(c.Offers)+1, tooMany)-1))
}

func (c Catalog) fits() bool {
	data, err := json.Marshal(c)
	return err == nil && len(data) <= MaxCatalog
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
