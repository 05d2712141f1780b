package comfysim

// nodeProgress is one node in progress_state. Value and max are floats until the node reports steps of its own,
// and integers for a node answered from the cache; JSON keeps the difference.
type nodeProgress struct {
	id         string
	value, max any
	state      string // running, finished
}

// progress is what progress_state tells: every node that is not pending, in the order of their starts.
type progress struct {
	promptID string
	nodes    []*nodeProgress
}

func (p *progress) node(id string) *nodeProgress {
	for _, n := range p.nodes {
		if n.id == id {
			return n
		}
	}
	return nil
}

func (p *progress) start(id string) {
	p.nodes = append(p.nodes, &nodeProgress{id: id, value: pyFloat(0), max: pyFloat(1), state: "running"})
}

func (p *progress) update(id string, value, limit int) {
	if n := p.node(id); n != nil {
		n.value, n.max = value, limit
	}
}

func (p *progress) finish(id string) {
	n := p.node(id)
	if n == nil { // from the cache
		p.nodes = append(p.nodes, &nodeProgress{id: id, value: 1, max: 1, state: "finished"})
		return
	}
	n.value, n.state = n.max, "finished"
}

func (p *progress) object() *object {
	nodes := obj()
	for _, n := range p.nodes {
		nodes.set(n.id, obj("value", n.value, "max", n.max, "state", n.state, "node_id", n.id, "prompt_id", p.promptID,
			"display_node_id", n.id, "parent_node_id", nil, "real_node_id", n.id))
	}
	return obj("prompt_id", p.promptID, "nodes", nodes)
}
