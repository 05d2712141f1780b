package discordsim

import (
	"encoding/json"
	"maps"
	"strconv"
)

// numbered gives every component an id, as Discord does where the application gives none: counting from 1 in the
// order in which they are read, past those that are taken. Select menus get their defaults.
func numbered(components []Object) []Object {
	taken := map[int]bool{}
	for c := range nested(components) {
		taken[intOf(c, "id")] = true
	}
	n := numbering{taken: taken}
	out := make([]Object, len(components))
	for i, c := range components {
		out[i] = n.number(c)
	}
	return out
}

type numbering struct {
	taken map[int]bool
	last  int
}

func (n *numbering) number(c Object) Object {
	c = maps.Clone(c)
	if intOf(c, "id") == 0 {
		for n.last++; n.taken[n.last]; n.last++ {
		}
		c["id"] = json.Number(strconv.Itoa(n.last))
	}
	defaults(c)
	if list, ok := c["components"].([]any); ok {
		inner := make([]any, len(list))
		for i, e := range list {
			inner[i] = e
			if o, ok := e.(Object); ok {
				inner[i] = n.number(o)
			}
		}
		c["components"] = inner
	}
	for _, key := range []string{"accessory", "component"} {
		if o := objectOf(c, key); o != nil {
			c[key] = n.number(o)
		}
	}
	return c
}

// defaults fills in what a select menu leaves out.
func defaults(c Object) {
	if kind := intOf(c, "type"); kind != componentSelect && (kind < componentUsers || kind > componentChannels) {
		return
	}
	for _, key := range []string{"min_values", "max_values"} {
		if _, ok := c[key]; !ok {
			c[key] = json.Number("1")
		}
	}
}
