package comfysim

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Whatever the graph, every node that an output needs and that is not cached runs once, after its sources.
func TestPlanRunsEveryNodeOnceAfterItsSources(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "nodes")
		prompt, sources := obj(), map[string][]string{}
		for i := range n {
			id, inputs := fmt.Sprint(i), obj()
			for k := range rapid.IntRange(0, min(i, 3)).Draw(t, "links") {
				from := fmt.Sprint(rapid.IntRange(0, i-1).Draw(t, "from"))
				inputs.set(fmt.Sprint("in", k), []any{from, json.Number("0")})
				sources[id] = append(sources[id], from)
			}
			prompt.set(id, obj("class_type", "x", "inputs", inputs))
		}
		cached := rapid.SliceOfDistinct(rapid.IntRange(0, n-1), rapid.ID).Draw(t, "cached")
		isCached := func(id string) bool {
			return slices.ContainsFunc(cached, func(c int) bool { return fmt.Sprint(c) == id })
		}
		last := fmt.Sprint(n - 1)
		p := newPlan(prompt, []string{last}, func(id string) bool { return id == last }, isCached)

		needed := map[string]bool{last: true}
		for i := n - 1; i >= 0; i-- {
			if id := fmt.Sprint(i); needed[id] {
				for _, from := range sources[id] {
					needed[from] = needed[from] || !isCached(from)
				}
			}
		}
		ran := map[string]bool{}
		for id := p.next(); id != ""; id = p.next() {
			if ran[id] || !needed[id] {
				t.Fatalf("%s runs twice or for nothing", id)
			}
			for _, from := range sources[id] {
				if !ran[from] && !isCached(from) {
					t.Fatalf("%s runs before its source %s", id, from)
				}
			}
			ran[id] = true
			p.finish(id)
		}
		for id, need := range needed {
			if need && !ran[id] {
				t.Fatalf("%s never runs", id)
			}
		}
	})
}
