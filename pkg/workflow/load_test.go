package workflow_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/workflow"
)

func TestLoadKeepsTheGoodOnesAndReportsTheRest(t *testing.T) {
	t.Parallel()
	fsys := folder(widthOnly, sketchGraph)
	fsys["broken.yaml"] = &fstest.MapFile{Data: []byte("name: broken\nkin: image\n")}
	fsys["notes.txt"] = &fstest.MapFile{Data: []byte("not a manifest")}
	set, problems := workflow.Load(fsys)
	if diff := cmp.Diff([]string{"sketch"}, names(set)); diff != "" {
		t.Error(diff)
	}
	if len(problems) != 1 {
		t.Errorf("want one problem, got %v", problems)
	}
	wantProblem(t, problems, "broken.yaml: line 2: unknown field")
}

func TestLoadReportsWhatIsWrongWithAFolder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fsys  fstest.MapFS
		words string
	}{
		"no graph beside the manifest": {
			fstest.MapFS{"sketch.yaml": {Data: []byte(widthOnly)}},
			"sketch (sketch.json): cannot be read",
		},
		"a graph outside the folder": {
			folder(widthOnly+"graph: ../secret.json\n", sketchGraph),
			"want a file beside the manifest",
		},
		"an absolute path": {
			folder(widthOnly+"graph: /etc/passwd\n", sketchGraph),
			"want a file beside the manifest",
		},
		"a graph in the page's own format": {
			folder(widthOnly, `{"last_node_id": 2, "nodes": [{"id": 1, "type": "EmptyImage"}], "links": [], "version": 0.4}`),
			"sketch (sketch.json): is in the format of ComfyUI's page",
		},
		"a whole request instead of a graph": {
			folder(widthOnly, `{"prompt": `+sketchGraph+`, "client_id": "x"}`),
			`keep only the object under "prompt"`,
		},
		"JSON that breaks off":   {folder(widthOnly, "{\n\"1\": {"), "sketch.json): line 2: unexpected end of JSON"},
		"a graph that is a list": {folder(widthOnly, "[]"), "it is a array"},
		"an empty graph":         {folder(widthOnly, "{}"), "holds no node"},
		"a node without a class": {folder(widthOnly, `{"1": {"inputs": {}}}`), "node 1: has no class_type"},
		"a manifest too large":   {folder(strings.Repeat("#\n", 100_000), sketchGraph), "is larger than 128 KiB"},
		"a graph too large":      {folder(widthOnly, strings.Repeat(" ", 9<<20)), "is larger than 8192 KiB"},
		"two of the same name": {
			fstest.MapFS{
				"a.yaml": {Data: []byte(widthOnly)}, "a.json": {Data: []byte(sketchGraph)},
				"b.yaml": {Data: []byte(widthOnly)}, "b.json": {Data: []byte(sketchGraph)},
			},
			"sketch (b.yaml): the name is taken by a.yaml",
		},
		"YAML that is none": {folder("\t{[", sketchGraph), "sketch.yaml: line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := workflow.Load(c.fsys)
			wantProblem(t, problems, c.words)
		})
	}
}

func TestAManifestMayNameItsGraph(t *testing.T) {
	t.Parallel()
	set, problems := workflow.Load(fstest.MapFS{
		"small.yml":      {Data: []byte(widthOnly + "graph: graphs/a.json\n")},
		"graphs/a.json":  {Data: []byte(sketchGraph)},
		"graphs/no.yaml": {Data: []byte("only the top of the folder counts")},
	})
	if len(problems) > 0 || len(set.All()) != 1 {
		t.Errorf("got %d workflows, problems %v", len(set.All()), problems)
	}
}
