package workflow_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// bind resolves and binds against the newest recorded server.
func bind(t testing.TB, name string, args, files map[string]string) *workflow.Bound {
	t.Helper()
	set, server := shipped(t), recorded(t, newest)
	params, err := set.Catalog(server).Resolve(name, args)
	if err != nil {
		t.Fatal(err)
	}
	b, err := get(t, set, name).Bind(workflow.BindConfig{Params: params, Files: files, Nodes: server, Prefix: "discomfy/job"})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBindWritesEveryPlace(t *testing.T) {
	t.Parallel()
	b := bind(t, "txt2img", raw("prompt", "<a> & \"b\"", "negative", "c", "lora", "tiny_lora.safetensors", "lora_strength", "0.85",
		"seed", "18446744073709551615", "width", "768", "batch", "3"), nil)
	g := decode(t, b.Graph)
	for place, want := range map[string]any{
		"6.text": `<a> & "b"`, "7.text": "c", "4.ckpt_name": "tiny.safetensors", "10.lora_name": "tiny_lora.safetensors",
		"10.strength_model": json.Number("0.85"), "10.strength_clip": json.Number("0.85"),
		"3.seed": json.Number("18446744073709551615"), "5.width": json.Number("768"), "5.batch_size": json.Number("3"),
		"9.filename_prefix": "discomfy/job",
	} {
		node, input, _ := strings.Cut(place, ".")
		if got := g[node].Inputs[input]; got != want {
			t.Errorf("%s is %v, want %v", place, got, want)
		}
	}
	if !strings.Contains(string(b.Graph), `"<a> & \"b\""`) {
		t.Error("the prompt is not readable in the graph")
	}
}

func TestBindLinksPastWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	b := bind(t, "txt2img", raw("prompt", "x"), nil)
	g := decode(t, b.Graph)
	if _, there := g["10"]; there {
		t.Error("the LoRA's node is there")
	}
	for place, want := range map[string]any{
		"3.model": []any{"4", json.Number("0")}, "6.clip": []any{"4", json.Number("1")}, "7.clip": []any{"4", json.Number("1")},
	} {
		node, input, _ := strings.Cut(place, ".")
		if diff := cmp.Diff(want, g[node].Inputs[input]); diff != "" {
			t.Errorf("%s: %s", place, diff)
		}
	}
	if strings.Contains(string(b.Graph), "strength") {
		t.Error("a strength is left")
	}
}

func TestBindFollowsChainsOfLeftOutNodes(t *testing.T) {
	t.Parallel()
	const graph = `{
		"1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}},
		"3": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
		"4": {"class_type": "ImageSharpen", "inputs": {"image": ["3", 0]}},
		"5": {"class_type": "ImageCompositeMasked", "inputs": {"destination": ["4", 0], "source": ["1", 0], "mask": ["6", 0]}},
		"6": {"class_type": "SolidMask", "inputs": {"width": 8, "height": 8}},
		"2": {"class_type": "SaveImage", "inputs": {"images": ["5", 0], "filename_prefix": "x"}}}`
	w := load(t, sketch(`parameters: [{name: a, type: bool}, {name: b, type: bool}, {name: m, type: bool}]
nodes:
  3: {when: a, bypass: {0: image}}
  4: {when: b, bypass: {0: image}}
  6: {when: m}
`), graph)
	if problems := w.Check(recorded(t, newest)); len(problems) > 0 {
		t.Fatal(problems)
	}
	for name, c := range map[string]struct {
		params job.Params
		from   string
		mask   bool
	}{
		"none":                 {job.Params{}, "1", false},
		"the first":            {job.Params{"a": true}, "3", false},
		"the second":           {job.Params{"b": true, "m": true}, "4", true},
		"no is not given":      {job.Params{"a": false, "b": false, "m": false}, "1", false},
		"the optional dropped": {job.Params{"a": true, "b": true}, "4", false},
	} {
		b, err := w.Bind(workflow.BindConfig{Params: c.params, Nodes: recorded(t, newest)})
		if err != nil {
			t.Fatal(err)
		}
		composite := decode(t, b.Graph)["5"].Inputs
		if from := composite["destination"].([]any)[0]; from != c.from {
			t.Errorf("%s: takes from node %v, want %s", name, from, c.from)
		}
		if _, mask := composite["mask"]; mask != c.mask {
			t.Errorf("%s: has a mask: %t", name, mask)
		}
	}
}

func TestBindListsTheNodesThatRun(t *testing.T) {
	t.Parallel()
	var got []string
	for _, n := range bind(t, "txt2img", raw("prompt", "x"), nil).Nodes {
		got = append(got, n.ID+" "+n.Class+" "+n.Title)
	}
	want := []string{
		"5 EmptyLatentImage Prepare the canvas", "4 CheckpointLoaderSimple Load the checkpoint",
		"7 CLIPTextEncode Read the negative prompt", "6 CLIPTextEncode Read the prompt",
		"3 KSampler Sample", "8 VAEDecode Decode the picture", "9 SaveImage Save",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTitlesComeFromTheManifestThenTheGraphThenTheServer(t *testing.T) {
	t.Parallel()
	w := load(t, sketch("nodes: {3: {title: Mine}}\n"), `{
		"1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}},
		"3": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}, "_meta": {"title": "The graph's"}},
		"2": {"class_type": "SaveImage", "inputs": {"images": ["3", 0]}, "_meta": {"title": "Keep"}},
		"4": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
		"5": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}}}`)
	titles := func(server *workflow.Nodes) []string {
		b, err := w.Bind(workflow.BindConfig{Nodes: server})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, n := range b.Nodes {
			all = append(all, n.Title)
		}
		return all
	}
	// A preview runs as well; node 5 leads nowhere and never runs.
	if diff := cmp.Diff([]string{"Empty Image", "Mine", "Keep", "Preview Image"}, titles(recorded(t, newest))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"EmptyImage", "Mine", "Keep"}, titles(nil)); diff != "" {
		t.Error(diff)
	}
}

func TestBindFillsWhatANewerServerRequires(t *testing.T) {
	t.Parallel()
	const graph = `{
		"1": {"class_type": "EmptyImage", "inputs": {"color": 0}},
		"3": {"class_type": "CreateVideo", "inputs": {"images": ["1", 0], "fps": 8}},
		"2": {"class_type": "SaveVideo", "inputs": {"video": ["3", 0], "format": "mp4", "codec": "h264"}}}`
	w := load(t, sketch(""), graph)
	for version, want := range map[string][]string{
		"0.3.64": {"1.width", "1.height", "1.batch_size"},
		"0.33.0": {"1.width", "1.height", "1.batch_size", "2.format.codec"},
	} {
		b, err := w.Bind(workflow.BindConfig{Nodes: recorded(t, version), Prefix: "p"})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range b.Filled {
			got = append(got, p.Node+"."+p.Input)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", version, diff)
		}
		g := decode(t, b.Graph)
		if g["1"].Inputs["width"] != json.Number("512") || g["2"].Inputs["filename_prefix"] != "p" {
			t.Errorf("%s: %v", version, g)
		}
		wantProblem(t, w.Fills(recorded(t, version)), "sketch (sketch.yaml): node 1, input width: the graph lacks this input")
	}
}

func TestBindRefusesInWords(t *testing.T) {
	t.Parallel()
	server := recorded(t, newest)
	set := shipped(t)
	whole := func(name string, change job.Params) job.Params {
		p, err := set.Catalog(server).Resolve(name, raw("prompt", "x"))
		if name != "txt2img" {
			p, err = set.Catalog(server).Resolve(name, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(p, change)
		maps.DeleteFunc(p, func(_ string, v any) bool { return v == nil })
		return p
	}
	for name, c := range map[string]struct {
		workflow string
		params   job.Params
		files    map[string]string
		code     job.Code
		words    string
	}{
		"an unknown parameter":   {"txt2img", job.Params{"tiling": true}, nil, job.CodeInvalid, "no parameter \"tiling\""},
		"a text for a number":    {"txt2img", job.Params{"width": "512"}, nil, job.CodeInvalid, "(width): want a whole number"},
		"a number for a text":    {"txt2img", job.Params{"prompt": json.Number("5")}, nil, job.CodeInvalid, "(prompt): want text"},
		"a truth for a number":   {"txt2img", job.Params{"cfg": true}, nil, job.CodeInvalid, "(cfg): want a number"},
		"a number of Go's":       {"txt2img", job.Params{"width": 512}, nil, job.CodeInvalid, "(width): want a whole number"},
		"out of range":           {"txt2img", job.Params{"steps": json.Number("151")}, nil, job.CodeInvalid, "allowed is 1 to 150"},
		"NaN":                    {"txt2img", job.Params{"cfg": json.Number("NaN")}, nil, job.CodeInvalid, "is not a number"},
		"a text too long":        {"txt2img", job.Params{"prompt": strings.Repeat("x", 4001)}, nil, job.CodeInvalid, "at most 4000"},
		"invalid UTF-8":          {"txt2img", job.Params{"prompt": "\xff"}, nil, job.CodeInvalid, "not valid UTF-8"},
		"several values":         {"txt2img", job.Params{"lora": []any{"a", "b"}}, nil, job.CodeInvalid, "(lora): takes one value; several come with a later version"},
		"no seed":                {"txt2img", job.Params{"seed": nil}, nil, job.CodeInvalid, "(seed): is missing"},
		"no prompt":              {"txt2img", job.Params{"prompt": nil}, nil, job.CodeInvalid, "(prompt): is missing"},
		"a LoRA that is gone":    {"txt2img", job.Params{"lora": "gone.safetensors"}, nil, job.CodeMissingModel, "missing on the server (lora): there is no \"gone.safetensors\""},
		"a picture not there":    {"test-edit", nil, nil, job.CodeInvalid, "(image): a picture is missing"},
		"a picture as parameter": {"test-edit", job.Params{"image": "x.png"}, files("image", "x.png"), job.CodeInvalid, "(image): want a picture"},
		"a picture nobody takes": {"txt2img", nil, files("mask", "x.png"), job.CodeInvalid, "takes no picture \"mask\""},
		"a misspelt picture":     {"test-edit", nil, files("image", "x.png", "secnod", "y.png"), job.CodeInvalid, "did you mean second?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := get(t, set, c.workflow).Bind(workflow.BindConfig{Params: whole(c.workflow, c.params), Files: c.files, Nodes: server})
			wantError(t, err, c.code, c.words)
			if _, ok := err.(*job.Error); !ok {
				t.Errorf("a %T, want a *job.Error", err)
			}
		})
	}
}

func TestBindRefusesWhatTheServerLacks(t *testing.T) {
	t.Parallel()
	w := load(t, widthOnly, strings.Replace(sketchGraph, "EmptyImage", "GoneImage", 1))
	_, err := w.Bind(workflow.BindConfig{Nodes: recorded(t, newest)})
	wantError(t, err, job.CodeMissingModel, `missing on the server in GoneImage: the server has no node class "GoneImage"`)

	w = get(t, shipped(t), "txt2img")
	if got := w.Classes(); !slices.Contains(got, "LoraLoader") || !slices.Contains(got, "KSampler") {
		t.Errorf("classes to look up afresh: %v", got)
	}
}

func TestOptionalPicturesSwitchTheirNodes(t *testing.T) {
	t.Parallel()
	one := decode(t, bind(t, "test-edit", nil, files("image", "in/a.png")).Graph)
	if diff := cmp.Diff([]string{"1", "4", "5", "6"}, sortedKeys(one)); diff != "" {
		t.Error(diff)
	}
	if one["1"].Inputs["image"] != "in/a.png" || one["4"].Inputs["image"].([]any)[0] != "1" {
		t.Error(one)
	}
	two := decode(t, bind(t, "test-edit", raw("mix", "0.25"), files("image", "a.png", "second", "b.png")).Graph)
	if two["2"].Inputs["image"] != "b.png" || two["3"].Inputs["blend_factor"] != json.Number("0.25") {
		t.Error(two)
	}
}

func TestLabelsAreBoundAsTheirValues(t *testing.T) {
	t.Parallel()
	g := decode(t, bind(t, "test-pattern", raw("color", "teal"), nil).Graph)
	if got := g["2"].Inputs["color"]; got != json.Number("2792847") {
		t.Errorf("teal became %v", got)
	}
	g = decode(t, bind(t, "test-upscale", raw("factor", "4"), files("image", "x.png")).Graph)
	if got := g["2"].Inputs["scale_by"]; got != json.Number("4") {
		t.Errorf("4 became %v", got)
	}
}

func files(pairs ...string) map[string]string { return raw(pairs...) }
