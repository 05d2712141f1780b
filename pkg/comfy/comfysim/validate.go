package comfysim

import (
	"slices"
	"strings"
)

// verdict is the outcome of validating a prompt: which outputs will run, and what is wrong with the rest.
type verdict struct {
	outputs    []string // ids of the valid output nodes, in prompt order
	err        *object  // why nothing can run; nil when outputs are left
	nodeErrors *object
}

// validator checks one prompt. Numbers are converted in place, as ComfyUI does, so that /queue and /history show
// the converted ones.
type validator struct {
	server  *Server
	prompt  *object
	results map[string]*nodeResult
	order   []string
	path    []string // the nodes being checked, to see cycles
}

type nodeResult struct {
	valid  bool
	errors []any
}

// problem is an error in ComfyUI's form.
func problem(kind, message, details string, extra *object) *object {
	return obj("type", kind, "message", message, "details", details, "extra_info", extra)
}

func (s *Server) validate(prompt *object) verdict {
	outputs, err := s.checkClasses(prompt)
	if err != nil {
		return verdict{err: err, nodeErrors: obj()}
	}
	if len(outputs) == 0 {
		return verdict{err: problem("prompt_no_outputs", "Prompt has no outputs", "", obj()), nodeErrors: obj()}
	}
	v := &validator{server: s, prompt: prompt, results: map[string]*nodeResult{}}
	return v.check(outputs)
}

// checkClasses finds the output nodes and refuses a node without a known class.
func (s *Server) checkClasses(prompt *object) (outputs []string, err *object) {
	for _, id := range prompt.keys {
		node := prompt.child(id)
		if node == nil {
			return nil, s.classProblem(id, obj())
		}
		c := s.catalog.classes[node.text("class_type")]
		if c == nil {
			return nil, s.classProblem(id, node)
		}
		if c.outputNode {
			outputs = append(outputs, id)
		}
	}
	return outputs, nil
}

func (s *Server) classProblem(id string, node *object) *object {
	details := "Node ID '#" + id + "'"
	name, known := node.get("class_type").(string)
	if !s.traits.missingNodeType {
		if !known {
			return problem("invalid_prompt", "Cannot execute because a node is missing the class_type property.", details, obj())
		}
		return problem("invalid_prompt", "Cannot execute because node "+name+" does not exist.", details, obj())
	}
	if !known {
		return problem("missing_node_type", "Node 'ID #"+id+"' has no class_type. The workflow may be corrupted or a custom node is missing.",
			details, obj("node_id", id, "class_type", nil, "node_title", nil))
	}
	title := name
	if meta := node.child("_meta"); meta != nil && meta.text("title") != "" {
		title = meta.text("title")
	}
	return problem("missing_node_type", "Node '"+title+"' not found. The custom node may not be installed.",
		details, obj("node_id", id, "class_type", name, "node_title", title))
}

func (v *validator) check(outputs []string) verdict {
	nodeErrors, good, lines := obj(), []string{}, []string{}
	for _, id := range outputs {
		r := v.node(id)
		if r.valid {
			good = append(good, id)
			continue
		}
		for _, e := range r.errors {
			lines = append(lines, e.(*object).text("message")+": "+e.(*object).text("details"))
		}
		v.collect(nodeErrors, id)
	}
	if len(good) > 0 {
		return verdict{outputs: good, nodeErrors: nodeErrors}
	}
	return verdict{nodeErrors: nodeErrors, err: problem("prompt_outputs_failed_validation",
		"Prompt outputs failed validation", strings.Join(lines, "\n"), obj())}
}

// collect notes every node found wrong so far under the output that depends on it.
func (v *validator) collect(nodeErrors *object, output string) {
	for _, id := range v.order {
		r := v.results[id]
		if r.valid || len(r.errors) == 0 {
			continue
		}
		e := nodeErrors.child(id)
		if e == nil {
			e = obj("errors", r.errors, "dependent_outputs", []any{}, "class_type", v.prompt.child(id).get("class_type"))
			nodeErrors.set(id, e)
		}
		e.set("dependent_outputs", append(e.get("dependent_outputs").([]any), output))
	}
}

// node validates a node and all that it depends on.
func (v *validator) node(id string) *nodeResult {
	if r := v.results[id]; r != nil {
		return r
	}
	if i := slices.Index(v.path, id); i >= 0 {
		return v.cycle(v.path[i:])
	}
	if len(v.path) > maxChain {
		return &nodeResult{errors: []any{}}
	}
	v.path = append(v.path, id)
	r := v.inputs(id)
	v.path = v.path[:len(v.path)-1]
	if found := v.results[id]; found != nil {
		return found // a cycle through this node was reported meanwhile
	}
	v.store(id, r)
	return r
}

func (v *validator) store(id string, r *nodeResult) {
	v.results[id] = r
	v.order = append(v.order, id)
}

// cycle reports a cycle. Before 0.33.0 the recursion just breaks: invalid, and nothing says why.
func (v *validator) cycle(ids []string) *nodeResult {
	if !v.server.traits.namesCycles {
		return &nodeResult{}
	}
	steps := make([]string, 0, len(ids)+1)
	for _, id := range append(slices.Clone(ids), ids[0]) {
		steps = append(steps, id+" ("+v.prompt.child(id).text("class_type")+")")
	}
	details := strings.Join(steps, " -> ")
	for _, id := range ids {
		v.store(id, &nodeResult{errors: []any{problem("dependency_cycle", "Dependency cycle detected", details,
			obj("node_id", id, "cycle_nodes", anys(ids)))}})
	}
	return v.results[ids[0]]
}
