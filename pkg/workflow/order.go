package workflow

import (
	"slices"
	"strings"
)

// order lists the nodes in such an order that each comes after all nodes it
// takes from; or the cycle that makes this impossible.
func (g Graph) order() (ids, cycle []string) { return g.needed(g.ids()) }

// needed are the given nodes and all that they take from, in order; or a
// cycle among them. Links to nodes that are not there are passed over.
func (g Graph) needed(ends []string) (ids, cycle []string) {
	w := walk{graph: g, visits: make(map[string]visit, len(g))}
	for _, id := range ends {
		if cycle := w.from(id); cycle != nil {
			return nil, cycle
		}
	}
	return w.done, nil
}

// walk is a depth-first search that keeps its own stack: graphs come from
// files, and their depth is theirs to choose.
type walk struct {
	graph  Graph
	visits map[string]visit
	path   []step
	done   []string
}

type visit int

const (
	unseen visit = iota
	onPath
	finished
)

// step is a node on the path and which of its links are still to be followed.
type step struct {
	id    string
	links []namedLink
}

// from walks everything that id takes from; it returns the cycle that it
// meets.
func (w *walk) from(id string) (cycle []string) {
	w.enter(id)
	for len(w.path) > 0 {
		top := &w.path[len(w.path)-1]
		if len(top.links) == 0 {
			w.visits[top.id] = finished
			w.done = append(w.done, top.id)
			w.path = w.path[:len(w.path)-1]
			continue
		}
		next := top.links[0].Node
		top.links = top.links[1:]
		if w.visits[next] == onPath {
			return w.cycle(next)
		}
		w.enter(next)
	}
	return nil
}

// enter puts a node that is new and there on the path.
func (w *walk) enter(id string) {
	if n, ok := w.graph[id]; ok && w.visits[id] == unseen {
		w.visits[id] = onPath
		w.path = append(w.path, step{id, n.links()})
	}
}

// cycle is the part of the path from id on, in the direction in which data
// flows, with id at both ends.
func (w *walk) cycle(id string) []string {
	ids := []string{id}
	for _, s := range slices.Backward(w.path) {
		ids = append(ids, s.id)
		if s.id == id {
			break
		}
	}
	return ids
}

// arrows writes a cycle for people.
func arrows(cycle []string) string { return strings.Join(cycle, " → ") }
