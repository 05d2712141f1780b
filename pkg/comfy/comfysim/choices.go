package comfysim

import (
	"os"
	"path/filepath"
	"slices"
)

// fileChoices are the choices of an input that lists the server's files, and whether it is one of those.
func (s *Server) fileChoices(name string, in input) ([]any, bool) {
	switch {
	case in.name == "ckpt_name":
		return anys(s.cfg.Checkpoints), true
	case in.name == "lora_name":
		return anys(s.cfg.LoRAs), true
	case in.name == "image" && (name == "LoadImage" || name == "LoadImageMask"):
		return anys(listFiles(filepath.Join(s.disk.root, "input"))), true
	}
	return nil, false
}

// inputsOf are the inputs of a class with the choices as they are now.
func (s *Server) inputsOf(c *class) []input {
	list := slices.Clone(c.inputs)
	for i, in := range list {
		if choices, ok := s.fileChoices(c.name, in); ok {
			spec := slices.Clone(in.spec.([]any)) // of a class described here, so a pair or just the choices
			spec[0] = choices
			list[i].choices, list[i].spec = choices, spec
		}
	}
	return list
}

// objectInfo is the object_info entry of a class with the choices as they are now.
func (s *Server) objectInfo(c *class) *object {
	required := c.info.child("input").child("required")
	fresh := required
	for _, in := range s.inputsOf(c) {
		if _, ok := s.fileChoices(c.name, in); ok {
			fresh = fresh.with(in.name, in.spec)
		}
	}
	if fresh == required {
		return c.info
	}
	return c.info.with("input", c.info.child("input").with("required", fresh))
}

func listFiles(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}
