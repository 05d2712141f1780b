package comfysim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The orders of a sampler (as recorded) and of a preview beside a longer branch.
func TestPlanOrder(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prompt, order string
		outputs       []string
	}{
		"sampler": {
			`{"4":{"inputs":{}},"5":{"inputs":{}},"6":{"inputs":{"clip":["4",1]}},"7":{"inputs":{"clip":["4",1]}},
			"3":{"inputs":{"model":["4",0],"positive":["6",0],"negative":["7",0],"latent_image":["5",0]}},
			"8":{"inputs":{"samples":["3",0],"vae":["4",2]}},"9":{"inputs":{"images":["8",0]}}}`,
			"4 5 7 6 3 8 9", []string{"9"}},
		"a preview first": {
			`{"1":{"inputs":{}},"2":{"inputs":{"image":["1",0]}},"3":{"inputs":{"image":["2",0]}},
			"8":{"inputs":{"images":["1",0]}},"9":{"inputs":{"images":["3",0]}}}`,
			"1 8 2 3 9", []string{"9", "8"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := decode([]byte(test.prompt))
			if err != nil {
				t.Fatal(err)
			}
			p := newPlan(v.(*object), test.outputs, func(id string) bool { return slices.Contains(test.outputs, id) }, func(string) bool { return false })
			var order []string
			for id := p.next(); id != ""; id = p.next() {
				order = append(order, id)
				p.finish(id)
			}
			if got := strings.Join(order, " "); got != test.order {
				t.Errorf("order %s, want %s", got, test.order)
			}
		})
	}
}

// Prompts leave the queue by their number, whatever was deleted between.
func TestQueueKeepsItsOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := newQueue()
		left := map[string]bool{}
		for i := range rapid.IntRange(1, 30).Draw(t, "prompts") {
			id := fmt.Sprint(i)
			q.put(&item{id: id, number: q.next(rapid.Bool().Draw(t, "front"))})
			left[id] = true
		}
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 40), 0, 10).Draw(t, "deleted") {
			id := fmt.Sprint(n)
			if found, _ := q.remove(id); found != left[id] {
				t.Fatalf("remove %s: %v", id, found)
			}
			delete(left, id)
		}
		last := pyNumber(-1000)
		for range len(left) {
			it := q.take()
			if it == nil || !left[it.id] || it.number < last {
				t.Fatalf("took %+v after number %v", it, last)
			}
			last = it.number
			delete(left, it.id)
		}
	})
}

// Whatever the graph, every node that an output needs and that is not cached runs once, after its sources.
func TestPlanRunsEveryNodeOnceAfterItsSources(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "nodes")
		prompt, sources := drawGraph(t, n)
		cached := rapid.SliceOfDistinct(rapid.IntRange(0, n-1), rapid.ID).Draw(t, "cached")
		isCached := func(id string) bool {
			return slices.ContainsFunc(cached, func(c int) bool { return fmt.Sprint(c) == id })
		}
		last := fmt.Sprint(n - 1)
		p := newPlan(prompt, []string{last}, func(id string) bool { return id == last }, isCached)

		left := map[string]bool{last: true} // what has to run
		for i := n - 1; i >= 0; i-- {
			if left[fmt.Sprint(i)] {
				for _, from := range sources[fmt.Sprint(i)] {
					left[from] = left[from] || !isCached(from)
				}
			}
		}
		for id := p.next(); id != ""; id = p.next() {
			if !left[id] {
				t.Fatalf("%s runs twice or for nothing", id)
			}
			left[id] = false
			if i := slices.IndexFunc(sources[id], func(from string) bool { return left[from] }); i >= 0 {
				t.Fatalf("%s runs before its source %s", id, sources[id][i])
			}
			p.finish(id)
		}
		for id, waits := range left {
			if waits {
				t.Fatalf("%s never runs", id)
			}
		}
	})
}

// drawGraph draws n nodes, each linked to some before it.
func drawGraph(t *rapid.T, n int) (*object, map[string][]string) {
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
	return prompt, sources
}
