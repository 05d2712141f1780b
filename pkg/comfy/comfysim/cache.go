package comfysim

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
)

// cache keeps the results of the last prompt's nodes, by what they were computed from (ComfyUI's classic cache).
// Only the executor uses it.
type cache struct {
	results map[string]*result
	objects map[[2]string]string // node id and class: the random name that a PreviewImage drew when it was made
}

// result is what a node produced.
type result struct {
	outputs []any
	ui      *object // what `executed` and history report; nil for a node without
}

func newCache() *cache {
	return &cache{results: map[string]*result{}, objects: map[[2]string]string{}}
}

// keep forgets everything that the prompt at hand could not use.
func (c *cache) keep(prompt *object, signatures map[string]string) {
	maps.DeleteFunc(c.objects, func(k [2]string, _ string) bool {
		node := prompt.child(k[0])
		return node == nil || node.text("class_type") != k[1]
	})
	wanted := map[string]bool{}
	for _, s := range signatures {
		wanted[s] = true
	}
	for s := range c.results {
		if !wanted[s] {
			delete(c.results, s)
		}
	}
}

// tempName is the random part of a preview node's file names.
func (c *cache) tempName(id, class string) string {
	k := [2]string{id, class}
	if c.objects[k] == "" {
		c.objects[k] = newTempName()
	}
	return c.objects[k]
}

// signer computes the signatures of a prompt's nodes: class, inputs and everything they depend on.
type signer struct {
	prompt  *object
	changed func(class string, inputs *object) string // what a node reads besides its inputs: a file's content
	done    map[string]string
	depth   int
}

func (s *signer) sign(id string) string {
	if sig, ok := s.done[id]; ok {
		return sig
	}
	node := s.prompt.child(id)
	if node == nil || s.depth > maxChain { // deeper than validation lets a run get
		return ""
	}
	s.depth++
	defer func() { s.depth-- }()
	s.done[id] = "cycle" // likewise
	inputs := node.child("inputs")
	if inputs == nil {
		inputs = obj()
	}
	parts := []any{node.text("class_type"), s.changed(node.text("class_type"), inputs)}
	for _, name := range slices.Sorted(slices.Values(inputs.keys)) {
		value := inputs.get(name)
		if link, ok := value.([]any); ok {
			if from, slot, ok := parseLink(link); ok {
				value = []any{s.sign(from), slot}
			}
		}
		parts = append(parts, name, value)
	}
	sum := sha256.Sum256(encode(parts))
	s.done[id] = hex.EncodeToString(sum[:])
	return s.done[id]
}

func (p *process) signatures(prompt *object) map[string]string {
	s := &signer{prompt: prompt, changed: p.server.changed, done: map[string]string{}}
	for _, id := range prompt.keys {
		s.sign(id)
	}
	return s.done
}
