package workflow_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/workflow"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestShippedWorkflowsAreValidOnEveryRecordedServer(t *testing.T) {
	t.Parallel()
	set := shipped(t)
	want := []string{"test-animate", "test-edit", "test-inpaint", "test-pattern", "test-upscale", "test-video", "txt2img"}
	if diff := cmp.Diff(want, names(set)); diff != "" {
		t.Error(diff)
	}
	for _, version := range versions() {
		server := recorded(t, version)
		for _, w := range set.All() {
			for _, p := range w.Check(server) {
				t.Errorf("%s: %s", version, p)
			}
			for _, p := range w.Check(loras(t, server)) {
				t.Errorf("%s without a LoRA: %s", version, p)
			}
			for _, p := range w.Fills(server) {
				t.Errorf("%s: not complete: %s", version, p)
			}
		}
	}
}

func TestWithoutALoRAOnTheServerTxt2imgRunsAndSaysSo(t *testing.T) {
	t.Parallel()
	set := shipped(t)
	for _, version := range versions() {
		server := loras(t, recorded(t, version))
		c := set.Catalog(server)
		p, err := c.Resolve("txt2img", raw("prompt", "x"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := get(t, set, "txt2img").Bind(workflow.BindConfig{Params: p, Nodes: server})
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b.Graph, []byte("LoraLoader")) {
			t.Errorf("%s: the LoRA's node is there", version)
		}
		_, err = c.Resolve("txt2img", raw("prompt", "x", "lora", "tiny"))
		wantError(t, err, "missing_model", `missing on the server (lora): there is no "tiny": nothing to choose from on the server`)
	}
}

// TestBoundGraphsAreAsRecorded compares whole bound graphs with files; -update
// writes them anew.
func TestBoundGraphsAreAsRecorded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		workflow    string
		args, files map[string]string
	}{
		"test-animate":      {"test-animate", raw("frames", "16", "strength", "0.5"), files("image", "discomfy/a.png")},
		"test-inpaint":      {"test-inpaint", raw("prompt", "a door", "color", "teal"), files("image", "discomfy/a.png")},
		"test-inpaint-mask": {"test-inpaint", nil, files("image", "discomfy/a.png", "mask", "discomfy/b.png")},
		"test-pattern":      {"test-pattern", raw("width", "256", "softness", "0"), nil},
		"test-edit":         {"test-edit", nil, files("image", "discomfy/a.png")},
		"test-edit-second":  {"test-edit", raw("strength", "0.5"), files("image", "discomfy/a.png", "second", "discomfy/b.png")},
		"test-upscale":      {"test-upscale", raw("factor", "8", "method", "area"), files("image", "discomfy/a.png")},
		"test-video":        {"test-video", raw("frames", "48", "fps", "12"), nil},
		"txt2img":           {"txt2img", raw("prompt", "a lighthouse at dawn", "seed", "0"), nil},
		"txt2img-lora":      {"txt2img", raw("prompt", "a lighthouse", "seed", "1", "lora", "tiny_lora", "lora_strength", "0.8"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			if err := json.Indent(&got, bind(t, c.workflow, c.args, c.files).Graph, "", "  "); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "bound", name+".json")
			if *update {
				if err := os.WriteFile(golden, append(got.Bytes(), '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(bytes.TrimSpace(want)), got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The recorded server took this graph; ours differs only in what was asked for.
func TestTxt2imgHasTheShapeThatARealServerTook(t *testing.T) {
	t.Parallel()
	recording, err := os.ReadFile(filepath.Join(recordings, newest, "sampler_lora.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var row struct {
		HTTP struct {
			Path string
			Body struct{ Prompt json.RawMessage }
		}
	}
	for line := range bytes.Lines(recording) {
		if err := json.Unmarshal(line, &row); err == nil && row.HTTP.Path == "/prompt" {
			break
		}
	}
	want := decode(t, row.HTTP.Body.Prompt)
	got := decode(t, bind(t, "txt2img", raw("prompt", "x", "lora", "tiny_lora"), nil).Graph)
	for id, n := range want {
		if got[id].Class != n.Class {
			t.Errorf("node %s is %s, want %s", id, got[id].Class, n.Class)
		}
		for input, v := range n.Inputs {
			link, linked := v.([]any)
			if linked && cmp.Diff(link, got[id].Inputs[input]) != "" {
				t.Errorf("node %s, %s: %v, want %v", id, input, got[id].Inputs[input], v)
			}
			if _, there := got[id].Inputs[input]; !there {
				t.Errorf("node %s lacks %s", id, input)
			}
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d nodes, want %d", len(got), len(want))
	}
}
