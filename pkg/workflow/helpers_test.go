package workflow_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
	"discomfy/workflows"
)

// recordings is where the recorded traffic of real servers lies.
const recordings = "../comfy/testdata/recordings"

func versions() []string { return []string{"0.3.64", "0.8.0", "0.33.0"} }

// newest is the version that tests use where any would do.
const newest = "0.33.0"

// recorded is the whole node list of a recorded server.
func recorded(t testing.TB, version string) *workflow.Nodes {
	t.Helper()
	n, err := servers[version]()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// servers are parsed once: they are large, and immutable.
var servers = map[string]func() (*workflow.Nodes, error){
	"0.3.64": sync.OnceValues(func() (*workflow.Nodes, error) { return parseRecorded("0.3.64") }),
	"0.8.0":  sync.OnceValues(func() (*workflow.Nodes, error) { return parseRecorded("0.8.0") }),
	"0.33.0": sync.OnceValues(func() (*workflow.Nodes, error) { return parseRecorded("0.33.0") }),
}

func parseRecorded(version string) (*workflow.Nodes, error) {
	f, err := os.Open(filepath.Join(recordings, version, "object_info.json"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return workflow.ParseNodes(f)
}

func nodes(t testing.TB, objectInfo string) *workflow.Nodes {
	t.Helper()
	n, err := workflow.ParseNodes(strings.NewReader(objectInfo))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// loras gives the server other LoRAs.
func loras(t testing.TB, n *workflow.Nodes, names ...string) *workflow.Nodes {
	t.Helper()
	list, err := json.Marshal(append([]string{}, names...))
	if err != nil {
		t.Fatal(err)
	}
	return n.With(nodes(t, `{"LoraLoader": {"input": {"required": {"model": ["MODEL"], "clip": ["CLIP"], "lora_name": [`+
		string(list)+`, {}], "strength_model": ["FLOAT", {"default": 1.0, "min": -100.0, "max": 100.0}],
		"strength_clip": ["FLOAT", {"default": 1.0, "min": -100.0, "max": 100.0}]}}, "output": ["MODEL", "CLIP"]}}`))
}

func shipped(t testing.TB) *workflow.Set {
	t.Helper()
	set, problems := workflow.Load(workflows.FS)
	for _, p := range problems {
		t.Error(p)
	}
	return set
}

func get(t testing.TB, set *workflow.Set, name string) *workflow.Workflow {
	t.Helper()
	w, ok := set.Get(name)
	if !ok {
		t.Fatalf("there is no workflow %s", name)
	}
	return w
}

// folder holds one workflow named sketch.
func folder(manifest, graph string) fstest.MapFS {
	return fstest.MapFS{"sketch.yaml": {Data: []byte(manifest)}, "sketch.json": {Data: []byte(graph)}}
}

func load(t testing.TB, manifest, graph string) *workflow.Workflow {
	t.Helper()
	set, problems := workflow.Load(folder(manifest, graph))
	for _, p := range problems {
		t.Fatal(p)
	}
	return get(t, set, "sketch")
}

// sketch is a manifest whose parameters and further keys are given.
func sketch(rest string) string {
	return "name: sketch\nkind: image\noutputs: [2]\n" + rest
}

// sketchGraph is the graph of most tests.
const sketchGraph = `{
	"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}},
	"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}, "_meta": {"title": "Keep"}}
}`

// widthOnly is a manifest for it.
const widthOnly = "name: sketch\nkind: image\noutputs: [2]\nparameters:\n" +
	"  - {name: width, type: integer, default: 64, min: 8, max: 512, step: 8, bind: 1.width}\n"

// decode reads a bound graph.
func decode(t testing.TB, graph json.RawMessage) workflow.Graph {
	t.Helper()
	g, err := workflow.ParseGraph(graph)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// wantError checks the code and a part of the words of a *job.Error.
func wantError(t testing.TB, err error, code job.Code, words string) {
	t.Helper()
	if job.CodeOf(err) != code {
		t.Errorf("error %v has code %q, want %q", err, job.CodeOf(err), code)
	}
	if err != nil && !strings.Contains(err.Error(), words) {
		t.Errorf("error %q does not say %q", err, words)
	}
}

// wantProblem checks that one of the problems says so.
func wantProblem(t testing.TB, problems []workflow.Problem, words string) {
	t.Helper()
	for _, p := range problems {
		if strings.Contains(p.String(), words) {
			return
		}
	}
	t.Errorf("no problem says %q among:\n%v", words, problems)
}

func names(set *workflow.Set) []string {
	var all []string
	for _, w := range set.All() {
		all = append(all, w.Manifest.Name)
	}
	return all
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
