package comfysim

import "slices"

// plan orders the nodes that a prompt has still to execute, one choice at a time, as ComfyUI's execution list
// does: nodes enter depth first from the outputs on, the last link first, and of those that are ready an output
// goes before a node that feeds one directly, then over one step, then whoever entered first.
type plan struct {
	prompt   *object
	isOutput func(id string) bool
	isCached func(id string) bool
	pending  []string
	blockers map[string]int         // links into a node whose source has still to run
	feeds    map[string][]string    // who waits for a node, in the order of linking
	sockets  map[[2]string]struct{} // links between nodes, counted once
}

func newPlan(prompt *object, outputs []string, isOutput, isCached func(string) bool) *plan {
	p := &plan{
		prompt: prompt, isOutput: isOutput, isCached: isCached,
		blockers: map[string]int{}, feeds: map[string][]string{}, sockets: map[[2]string]struct{}{},
	}
	for _, id := range outputs {
		p.add(id)
	}
	return p
}

func (p *plan) add(root string) {
	stack := []string{root}
	var links [][2]string
	for len(stack) > 0 {
		id := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if slices.Contains(p.pending, id) {
			continue
		}
		p.pending = append(p.pending, id)
		for _, from := range p.sources(id) {
			if !p.isCached(from) {
				stack = append(stack, from)
				links = append(links, [2]string{from, id})
			}
		}
	}
	for _, l := range links {
		p.link(l)
	}
}

func (p *plan) link(l [2]string) {
	if _, ok := p.sockets[l]; ok {
		return
	}
	p.sockets[l] = struct{}{}
	p.feeds[l[0]] = append(p.feeds[l[0]], l[1])
	p.blockers[l[1]]++
}

// sources are the nodes that a node's inputs link to, in the order of the inputs.
func (p *plan) sources(id string) []string {
	inputs := p.prompt.child(id).child("inputs")
	if inputs == nil {
		return nil
	}
	var list []string
	for _, name := range inputs.keys {
		if link, ok := inputs.get(name).([]any); ok {
			if from, _, ok := parseLink(link); ok && p.prompt.child(from) != nil {
				list = append(list, from)
			}
		}
	}
	return list
}

// next is the node to execute now; "" when none is left.
func (p *plan) next() string {
	var ready []string
	for _, id := range p.pending {
		if p.blockers[id] == 0 {
			ready = append(ready, id)
		}
	}
	if len(ready) == 0 {
		return ""
	}
	if i := slices.IndexFunc(ready, p.isOutput); i >= 0 {
		return ready[i]
	}
	feedsOutput := func(id string) bool { return slices.ContainsFunc(p.feeds[id], p.isOutput) }
	if i := slices.IndexFunc(ready, feedsOutput); i >= 0 {
		return ready[i]
	}
	if i := slices.IndexFunc(ready, func(id string) bool { return slices.ContainsFunc(p.feeds[id], feedsOutput) }); i >= 0 {
		return ready[i]
	}
	return ready[0]
}

// finish takes an executed node out and unblocks who waited for it.
func (p *plan) finish(id string) {
	p.pending = slices.DeleteFunc(p.pending, func(o string) bool { return o == id })
	for _, to := range p.feeds[id] {
		p.blockers[to]--
	}
	delete(p.feeds, id)
}
