package workflow

import (
	"encoding/json"
	"maps"
	"slices"

	"discomfy/pkg/job"
)

// prefixInput is the input by which saving nodes name their files.
const prefixInput = "filename_prefix"

// BindConfig is what a graph is bound to.
type BindConfig struct {
	Params job.Params        // complete: Catalog.Resolve made them
	Files  map[string]string // picture parameter → the name ComfyUI gave the upload (subfolder/name)
	Nodes  *Nodes            // the server's; nil skips what only a server can answer
	Prefix string            // filename_prefix of the output nodes; empty leaves the graph's
}

// Bound is a graph that is ready to be submitted.
type Bound struct {
	Graph   json.RawMessage // in API format, for POST /prompt
	Outputs []string        // ids of the nodes whose files are results
	Nodes   []BoundNode     // the nodes that run, each after those it takes from
	Filled  []Problem       // required inputs that got the server's default
}

// BoundNode is one node of a bound graph, for people.
type BoundNode struct {
	ID    string
	Class string
	Title string // the manifest's, else the graph's, else the class's
}

// Bind writes a request into a copy of the graph. The loaded graph stays as it
// is. Every error is a *job.Error: CodeInvalid for what was asked for,
// CodeMissingModel for what the server lacks, CodeRejected for a graph that
// the server would refuse. Seeds are not drawn here: a request without its
// seed is not complete, and each attempt would make another picture.
func (w *Workflow) Bind(cfg BindConfig) (*Bound, error) {
	g, err := w.bind(cfg)
	if err != nil {
		return nil, err
	}
	b := &Bound{}
	for _, id := range w.Manifest.Outputs {
		if n, ok := g[id]; ok {
			b.Outputs = append(b.Outputs, id)
			if cfg.Prefix != "" && takesPrefix(n, cfg.Nodes) {
				n.Inputs[prefixInput] = cfg.Prefix
			}
		}
	}
	if len(b.Outputs) == 0 {
		return nil, &job.Error{Code: job.CodeRejected, Message: "no output node is left"}
	}
	if cfg.Nodes != nil {
		b.Filled = fill(g, cfg.Nodes)
		if problems := validate(g, cfg.Nodes, w.pictures()); len(problems) > 0 {
			return nil, problems[0].failure(func(id string) string { return w.title(id, cfg.Nodes) })
		}
	}
	if b.Graph, err = encodeGraph(g); err != nil {
		return nil, err
	}
	b.Nodes = w.run(g, b.Outputs, cfg.Nodes)
	return b, nil
}

// encodeGraph never fails for a graph that came from JSON; if it does, it is
// our fault.
func encodeGraph(g Graph) (json.RawMessage, error) {
	data, err := marshal(g)
	if err != nil {
		return nil, &job.Error{Code: job.CodeInternal, Message: "encode graph: " + err.Error()}
	}
	return data, nil
}

// bind checks the request and writes it into a copy of the graph without the
// nodes that are left out.
func (w *Workflow) bind(cfg BindConfig) (Graph, error) {
	m, problems := w.offer(cfg.Nodes)
	if len(problems) > 0 {
		return nil, problems[0].failure(func(id string) string { return w.title(id, cfg.Nodes) })
	}
	if err := m.CheckPictures(slices.Sorted(maps.Keys(cfg.Files))); err != nil {
		return nil, err
	}
	v, fault := m.acceptAll(cfg.Params)
	if fault == nil {
		fault = m.complete(v)
	}
	if fault == nil {
		fault = m.seedsGiven(v)
	}
	if fault != nil {
		return nil, fault
	}
	hasFile := func(name string) bool { _, ok := cfg.Files[name]; return ok }
	g := w.prune(m.switches(v, hasFile))
	for _, p := range m.Parameters {
		value, ok := v[p.Name]
		if file, isFile := cfg.Files[p.Name]; isFile {
			value, ok = NewValue(file), true
		}
		if ok {
			g.write(p, value)
		}
	}
	return g, nil
}

func (m Manifest) seedsGiven(v values) *job.Error {
	for _, p := range m.Parameters {
		if _, ok := v[p.Name]; !ok && p.Type == TypeSeed {
			return invalid(p.Name, "is missing: a published request carries its seed")
		}
	}
	return nil
}

// write puts a value in all its places that are there.
func (g Graph) write(p Parameter, value Value) {
	if c, ok := find(p.Choices, value.String()); ok && p.Type == TypeChoice {
		value = c.Value
	}
	for _, b := range p.Bind {
		if n, ok := g[b.Node]; ok {
			n.Inputs[b.Input] = value.Any()
		}
	}
}

func takesPrefix(n Node, nodes *Nodes) bool {
	if _, ok := n.Inputs[prefixInput]; ok {
		return true
	}
	if nodes == nil {
		return false
	}
	c, _ := nodes.Class(n.Class)
	return c.takes(prefixInput)
}
