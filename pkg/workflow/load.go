package workflow

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Bounds of what Load reads.
const (
	maxManifest  = 128 << 10 // bytes
	maxGraph     = 8 << 20   // bytes
	maxWorkflows = 500
)

// Workflow is one loaded workflow. Its fields are shared: do not change them.
type Workflow struct {
	Manifest Manifest
	Graph    Graph
	File     string // the manifest's file name
}

// Set is the loaded workflows of a folder.
type Set struct {
	workflows map[string]*Workflow
	refused   []Problem // what was found in the files that were not loaded
}

// Load reads every *.yaml manifest at the top of a folder, with the graph
// beside it. Workflows in which nothing is wrong are in the Set; the problems
// of the others are the second result.
func Load(fsys fs.FS) (*Set, []Problem) {
	s := &Set{workflows: map[string]*Workflow{}}
	files, err := manifests(fsys)
	if err != nil {
		s.refused = append(s.refused, Problem{Text: err.Error()})
	}
	for _, file := range files {
		w, problems := loadOne(fsys, file)
		if len(problems) == 0 {
			if other, ok := s.workflows[w.Manifest.Name]; ok {
				problems = []Problem{{Workflow: w.Manifest.Name, File: file, Text: "the name is taken by " + other.File}}
			} else {
				s.workflows[w.Manifest.Name] = w
			}
		}
		s.refused = append(s.refused, problems...)
	}
	return s, slices.Clone(s.refused)
}

func manifests(fsys fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("read the workflow folder: %w", err)
	}
	var files []string
	for _, e := range entries {
		if ext := path.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml") {
			files = append(files, e.Name())
		}
	}
	if len(files) > maxWorkflows {
		return files[:maxWorkflows], fmt.Errorf("%d manifests: only the first %d are read", len(files), maxWorkflows)
	}
	return files, nil
}

// loadOne reads one manifest and its graph and checks them together.
func loadOne(fsys fs.FS, file string) (*Workflow, []Problem) {
	fail := func(w *Workflow, file string, err error) (*Workflow, []Problem) {
		return w, []Problem{{Workflow: w.Manifest.Name, File: file, Text: err.Error()}}
	}
	w := &Workflow{File: file}
	data, err := readBounded(fsys, file, maxManifest)
	if err != nil {
		return fail(w, file, err)
	}
	if w.Manifest, err = decodeManifest(data); err != nil {
		return fail(w, file, err)
	}
	graph := cmp.Or(w.Manifest.Graph, strings.TrimSuffix(file, path.Ext(file))+".json")
	data, err = readBounded(fsys, graph, maxGraph)
	if err != nil {
		return fail(w, graph, err)
	}
	if w.Graph, err = ParseGraph(data); err != nil {
		return fail(w, graph, err)
	}
	return w, w.Check(nil)
}

func readBounded(fsys fs.FS, name string, most int64) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("graph: %s: want a file beside the manifest", quote(name))
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("is larger than %d KiB", most>>10)
	}
	return data, nil
}

// Get looks a workflow up by name.
func (s *Set) Get(name string) (*Workflow, bool) {
	w, ok := s.workflows[name]
	return w, ok
}

// All are the workflows by name.
func (s *Set) All() []*Workflow {
	return slices.SortedFunc(maps.Values(s.workflows), func(a, b *Workflow) int {
		return cmp.Compare(a.Manifest.Name, b.Manifest.Name)
	})
}
