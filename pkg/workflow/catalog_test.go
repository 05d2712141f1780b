package workflow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// roundTrip sends a catalog through its published form.
func roundTrip(t testing.TB, c workflow.Catalog) (workflow.Catalog, int) {
	t.Helper()
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back workflow.Catalog
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	return back, len(data)
}

func TestCatalogSurvivesItsPublishedForm(t *testing.T) {
	t.Parallel()
	set := shipped(t)
	for name, server := range map[string]*workflow.Nodes{
		"no server yet": nil,
		"the newest":    recorded(t, newest),
		"no LoRA":       loras(t, recorded(t, newest)),
	} {
		c := set.Catalog(server)
		back, size := roundTrip(t, c)
		options := cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreFields(workflow.Manifest{}, "Graph")}
		if diff := cmp.Diff(c, back, options); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if size > 32<<10 {
			t.Errorf("%s: %d bytes for the shipped workflows", name, size)
		}
	}
}

func TestAListThatSeveralShareIsPublishedOnce(t *testing.T) {
	t.Parallel()
	set, problems := workflow.Load(folder(sketch(`parameters:
  - {name: a, type: choice, choices_from: samplers, bind: 3.sampler_name}
  - {name: b, type: choice, choices_from: samplers, bind: 4.sampler_name}
`), `{
		"1": {"class_type": "EmptyImage", "inputs": {}},
		"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}},
		"3": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
		"4": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}}}`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	c := set.Catalog(recorded(t, newest))
	data, err := json.Marshal(c)
	if err != nil || strings.Count(string(data), `"dpmpp_3m_sde_gpu"`) != 1 {
		t.Errorf("%v: the list is there more than once, or never: %s", err, data)
	}
	if o, _ := c.Find("sketch"); len(o.Problems) > 0 || len(o.Parameters[1].Choices) < 20 {
		t.Error(o)
	}
}

func TestACatalogOfThousandsOfModelsStaysSmall(t *testing.T) {
	t.Parallel()
	for _, count := range []int{5_000, 20_000} {
		many := make([]string, count)
		for i := range many {
			many[i] = fmt.Sprintf("style & <mood>/painters of the %d. century, number %06d.safetensors", i%21, i)
		}
		server := loras(t, recorded(t, newest), many...)
		set := shipped(t)
		c, size := roundTrip(t, set.Catalog(server))
		if size > workflow.MaxCatalog {
			t.Errorf("%d LoRAs: %d bytes, at most %d", count, size, workflow.MaxCatalog)
		}
		o, _ := c.Find("txt2img")
		lora, _ := o.Parameter("lora")
		t.Logf("%d LoRAs: %d bytes, %d listed, open %t", count, size, len(lora.Choices), lora.Open)
		if lora.Open != (len(lora.Choices) < count) || len(lora.Choices) < 4_000 {
			t.Errorf("%d of %d LoRAs, open %t", len(lora.Choices), count, lora.Open)
		}
		// One beyond the published list is judged by the server's own.
		p, err := c.Resolve("txt2img", raw("prompt", "x", "lora", many[count-1]))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := get(t, set, "txt2img").Bind(workflow.BindConfig{Params: p, Nodes: server}); err != nil {
			t.Error(err)
		}
	}
}

func TestACatalogOfTooManyWorkflowsStaysSmall(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{}
	for i := range 400 {
		var b strings.Builder
		fmt.Fprintf(&b, "name: w%03d\nkind: image\noutputs: [2]\ngraph: g.json\nparameters:\n", i)
		for j, input := range []string{"width", "height", "batch_size", "color"} {
			fmt.Fprintf(&b, "  - {name: p%d, type: integer, bind: 1.%s, help: %s}\n", j, input, strings.Repeat("h", 500))
		}
		fsys[fmt.Sprintf("w%03d.yaml", i)] = &fstest.MapFile{Data: []byte(b.String())}
	}
	fsys["g.json"] = &fstest.MapFile{Data: []byte(sketchGraph)}
	set, problems := workflow.Load(fsys)
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	if c, size := roundTrip(t, set.Catalog(nil)); size > workflow.MaxCatalog || len(c.Offers) < 200 {
		t.Errorf("%d bytes, %d offers", size, len(c.Offers))
	}
}

func TestUnusableWorkflowsAreListedWithTheReason(t *testing.T) {
	t.Parallel()
	fsys := folder(widthOnly, strings.ReplaceAll(sketchGraph, "EmptyImage", "NoSuchNode"))
	fsys["broken.yaml"] = &fstest.MapFile{Data: []byte("name: [")}
	set, _ := workflow.Load(fsys)
	c, _ := roundTrip(t, set.Catalog(recorded(t, newest)))
	if len(c.Offers) != 2 || len(c.Usable()) != 0 {
		t.Fatalf("offers %v", c.Offers)
	}
	_, err := c.Resolve("sketch", nil)
	wantError(t, err, job.CodeMissingModel, `the workflow cannot be used here: sketch (sketch.yaml): node 1: the server has no node class "NoSuchNode"`)
	_, err = c.Resolve("broken.yaml", nil)
	wantError(t, err, job.CodeInvalid, "cannot be used here: broken.yaml: line 1")
}

func TestOffersAreNarrowedToTheServer(t *testing.T) {
	t.Parallel()
	set, problems := workflow.Load(folder(sketch(`parameters:
  - {name: width, type: integer, max: 100000, step: 8, bind: 1.width}
  - {name: mode, type: choice, choices: [red, green, ultraviolet], default: red, bind: 3.channel}
`), `{
		"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}},
		"3": {"class_type": "ImageToMask", "inputs": {"image": ["1", 0], "channel": "red"}},
		"4": {"class_type": "MaskToImage", "inputs": {"mask": ["3", 0]}},
		"2": {"class_type": "SaveImage", "inputs": {"images": ["4", 0], "filename_prefix": "x"}}}`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	o, _ := set.Catalog(recorded(t, newest)).Find("sketch")
	if len(o.Problems) > 0 {
		t.Fatal(o.Problems)
	}
	width, _ := o.Parameter("width")
	// The server takes 1 to 16384; steps of 8 count from 0.
	if width.Min != "8" || width.Max != "16384" {
		t.Errorf("width from %s to %s", width.Min, width.Max)
	}
	mode, _ := o.Parameter("mode")
	want := []workflow.Choice{{Label: "red", Value: text("red")}, {Label: "green", Value: text("green")}}
	if diff := cmp.Diff(want, mode.Choices); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutAServerChoicesAreOpen(t *testing.T) {
	t.Parallel()
	c := shipped(t).Catalog(nil)
	p, err := c.Resolve("txt2img", raw("prompt", "x", "lora", "some.safetensors"))
	if err != nil || p["lora"] != "some.safetensors" {
		t.Errorf("%v, %v", p["lora"], err)
	}
	if _, given := p["checkpoint"]; given {
		t.Error("a checkpoint was named, though none is known")
	}
	_, err = c.Resolve("txt2img", raw("prompt", "x", "lora", "a\nb"))
	wantError(t, err, job.CodeMissingModel, `there is no "a\nb"`)
	data, err := json.Marshal(c)
	var published workflow.Catalog
	if err := errors.Join(err, json.Unmarshal(data, &published)); err != nil || !published.Blind {
		t.Errorf("that no server was asked is not published: %v", err)
	}
}

func TestCatalogThatIsNone(t *testing.T) {
	t.Parallel()
	var c workflow.Catalog
	for _, data := range []string{"", "[]", `{"workflows": {}}`, `{"workflows": [{"parameters": [{"default": []}]}]}`} {
		if err := json.Unmarshal([]byte(data), &c); err == nil {
			t.Errorf("%q was accepted", data)
		}
	}
}
