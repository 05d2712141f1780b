package workflow_test

import (
	"os"
	"path"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"discomfy/pkg/workflow"
	"discomfy/workflows"
)

func guide(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../docs/workflows.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// yamlKeys are the keys that a struct of the manifest takes.
func yamlKeys(v any) []string {
	var keys []string
	for f := range reflect.TypeOf(v).Fields() {
		if key, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); key != "-" && key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

func TestTheGuideHasEveryKeyInItsTable(t *testing.T) {
	t.Parallel()
	text := guide(t)
	for section, keys := range map[string][]string{
		"## The manifest": yamlKeys(workflow.Manifest{}),
		"## Parameters":   yamlKeys(workflow.Parameter{}),
		"## Nodes":        yamlKeys(workflow.NodeRule{}),
	} {
		_, body, _ := strings.Cut(text, section+"\n")
		body, _, _ = strings.Cut(body, "\n## ")
		if len(keys) == 0 {
			t.Errorf("%s: no keys", section)
		}
		for _, key := range keys {
			if !regexp.MustCompile("(?m)^\\|[^|]*`" + key + "`[^|]*\\|").MatchString(body) {
				t.Errorf("%s: no row for %s", section, key)
			}
		}
	}
	for _, word := range workflow.Types() {
		if !strings.Contains(text, "\n| `"+string(word)+"` |") {
			t.Errorf("no row for the type %s", word)
		}
	}
}

func TestTheGuideHasEverySourceOfChoices(t *testing.T) {
	t.Parallel()
	_, err := workflow.ParseManifest([]byte(sketch("parameters: [{name: p, type: choice, choices_from: nowhere, bind: 1.x}]")))
	_, list, _ := strings.Cut(err.Error(), "one of ")
	for name := range strings.SplitSeq(list, ", ") {
		if !strings.Contains(guide(t), "| `"+name+"` |") {
			t.Errorf("no row for %s", name)
		}
	}
}

// The example must load with the graph that comes with the program.
func TestTheGuidesExampleWorks(t *testing.T) {
	t.Parallel()
	_, manifest, _ := strings.Cut(guide(t), "```yaml\n")
	manifest, _, _ = strings.Cut(manifest, "```")
	graph, err := workflows.FS.ReadFile("txt2img.json")
	if err != nil {
		t.Fatal(err)
	}
	set, problems := workflow.Load(fstest.MapFS{
		"txt2img.yaml": {Data: []byte(manifest)}, "txt2img.json": {Data: graph},
	})
	for _, p := range problems {
		t.Error(p)
	}
	for _, p := range get(t, set, "txt2img").Check(recorded(t, newest)) {
		t.Error(p)
	}
}

func TestEveryShippedParameterExplainsItself(t *testing.T) {
	t.Parallel()
	for _, w := range shipped(t).All() {
		if w.Manifest.Description == "" || path.Base(w.File) != w.Manifest.Name+".yaml" {
			t.Errorf("%s: no description, or another file name", w.Manifest.Name)
		}
		for _, p := range w.Manifest.Parameters {
			if p.Help == "" || p.Title == p.Name {
				t.Errorf("%s: parameter %s has no help or no title", w.Manifest.Name, p.Name)
			}
		}
	}
}
