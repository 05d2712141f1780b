package workflow

import "strings"

// order lists the nodes in such an order that each comes after all nodes it
// takes from; or the cycle that makes this impossible.
func (g Graph) order() (ids, cycle []string) {
	w := walk{graph: g, state: make(map[string]int, len(g))}
	for _, id := range g.ids() {
		if !w.visit(id) {
			return nil, w.cycle()
		}
	}
	return w.done, nil
}

// needed are the nodes that lead to one of the given ones, and those, in order.
func (g Graph) needed(outputs []string) []string {
	w := walk{graph: g, state: make(map[string]int, len(g))}
	for _, id := range outputs {
		if _, ok := g[id]; ok && !w.visit(id) {
			return nil
		}
	}
	return w.done
}

// walk is a depth-first search that keeps its own stack: graphs come from
// files, and their depth is theirs to choose.
type walk struct {
	graph Graph
	state map[string]int // 0 unseen, 1 on the path, 2 done
	path  []step
	done  []string
}

type step struct {
	id    string
	links []namedLink
	next  int
}

// visit walks everything below id; false when it meets a cycle.
func (w *walk) visit(id string) bool {
	if w.state[id] != 0 {
		return true
	}
	w.push(id)
	for len(w.path) > 0 {
		top := &w.path[len(w.path)-1]
		if top.next == len(top.links) {
			w.state[top.id] = 2
			w.done = append(w.done, top.id)
			w.path = w.path[:len(w.path)-1]
			continue
		}
		child := top.links[top.next].Node
		top.next++
		if _, ok := w.graph[child]; !ok || w.state[child] == 2 {
			continue
		}
		w.push(child)
		if w.state[child] == 2 {
			return false
		}
	}
	return true
}

// push puts a node on the path. One that is there already closes a cycle: it
// is marked done, which visit takes as the sign.
func (w *walk) push(id string) {
	onPath := w.state[id] == 1
	w.path = append(w.path, step{id: id, links: w.graph[id].links()})
	w.state[id] = 1
	if onPath {
		w.state[id] = 2
	}
}

// cycle is the closed part of the path, its first node repeated at the end.
func (w *walk) cycle() []string {
	last := w.path[len(w.path)-1].id
	var ids []string
	for i := len(w.path) - 1; i >= 0; i-- {
		ids = append(ids, w.path[i].id)
		if i < len(w.path)-1 && w.path[i].id == last {
			break
		}
	}
	return ids
}

// arrows writes a cycle for people.
func arrows(cycle []string) string { return strings.Join(cycle, " → ") }
