package workflow_test

import (
	"strings"
	"testing"

	"discomfy/pkg/workflow"
)

func TestManifestAndGraphMustAgree(t *testing.T) {
	t.Parallel()
	param := func(rest string) string { return sketch("parameters:\n  - {name: p, " + rest + "}\n") }
	graph := func(node1 string) string {
		return `{"1": ` + node1 + `, "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}}`
	}
	for name, c := range map[string]struct{ manifest, graph, words string }{
		"a binding to no node": {param("type: integer, bind: 11.width"), sketchGraph,
			"node 11, input width: parameter p is bound to a node that the graph does not have; did you mean 1?"},
		"a binding to no input": {param("type: integer, bind: 1.widht"), sketchGraph,
			"node 1, input widht: parameter p is bound to an input that the node (EmptyImage) does not have in the graph; did you mean width?"},
		"a binding to a link": {param("type: integer, bind: 2.images"), sketchGraph,
			"node 2, input images: parameter p is bound to an input that is linked from node 1: bind it there"},
		"two parameters in a place": {
			sketch("parameters: [{name: a, type: integer, bind: 1.width}, {name: b, type: integer, bind: 1.width}]"), sketchGraph,
			"node 1, input width: parameters a and b are both bound here"},
		"a binding to an output's name": {param("type: string, bind: 2.filename_prefix"), sketchGraph, "each job has its own"},
		"an output that is not there":   {"name: sketch\nkind: image\noutputs: [7]\n", sketchGraph, "node 7: outputs: the graph has no such node"},
		"a rule for no node":            {sketch("nodes: {7: {title: x}}"), sketchGraph, "node 7: nodes: the graph has no such node"},
		"a bypass from no input": {param("type: bool, bind: 1.color") + "nodes: {1: {when: p, bypass: {0: image}}}", sketchGraph,
			"node 1, input image: bypass: the node (EmptyImage) does not have this input"},
		"a bypass of no output": {param("type: bool, bind: 1.color") + "nodes: {1: {when: p, bypass: {-1: width}}}", sketchGraph,
			"node 1: bypass: an output is a number from 0"},
		"a link to nowhere": {sketch(""), graph(`{"class_type": "ImageInvert", "inputs": {"image": ["8", 0]}}`),
			`node 1, input image: is linked from node "8", which the graph does not have`},
		"a circle of one": {sketch(""), graph(`{"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}}`),
			"the graph runs in a circle: 1 → 1"},
		"a circle of two": {sketch(""), `{"1": {"class_type": "ImageInvert", "inputs": {"image": ["3", 0]}},
			"3": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
			"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}}`,
			"the graph runs in a circle: 1 → 3 → 1"},
		"an output that may be missing": {param("type: bool") + "nodes: {2: {when: p}}", sketchGraph, "outputs: none is left without p"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := workflow.Load(folder(c.manifest, c.graph))
			wantProblem(t, problems, c.words)
			wantProblem(t, problems, "sketch (sketch.yaml): ")
		})
	}
}

func TestAServerMustTakeTheGraph(t *testing.T) {
	t.Parallel()
	server := recorded(t, newest)
	param := func(rest string) string { return sketch("parameters:\n  - {name: p, " + rest + "}\n") }
	with := func(node1 string) string {
		return `{"1": ` + node1 + `, "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}}`
	}
	image := func(inputs string) string { return with(`{"class_type": "EmptyImage", "inputs": {` + inputs + `}}`) }
	checkpoint := with(`{"class_type": "VAEDecode", "inputs": {"samples": ["4", 0], "vae": ["3", 2]}},
		"4": {"class_type": "VAEEncode", "inputs": {"pixels": ["5", 0], "vae": ["3", 2]}},
		"5": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}},
		"3": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "tny.safetensors"}}`)
	for name, c := range map[string]struct{ manifest, graph, words string }{
		"an unknown class": {sketch(""), with(`{"class_type": "NoSuchNode", "inputs": {}}`),
			`node 1: the server has no node class "NoSuchNode"`},
		"a model file that is not there": {sketch(""), checkpoint,
			`node 3, input ckpt_name: the server has no "tny.safetensors"; did you mean "tiny.safetensors"?`},
		"a required input without default": {sketch(""), with(`{"class_type": "ImageInvert", "inputs": {}}`),
			"node 1, input image: the server requires this input and gives no default"},
		"a number above the server's range": {sketch(""), image(`"width": 99999, "height": 1, "batch_size": 1, "color": 0`),
			"node 1, input width: 99999 is above the server's most, 16384"},
		"a number below it": {sketch(""), image(`"width": 0, "height": 1, "batch_size": 1, "color": 0`), "0 is below the server's least, 1"},
		"no number":         {sketch(""), image(`"width": "wide", "height": 1, "batch_size": 1, "color": 0`), `"wide" is not a number`},
		"a list for a number": {sketch(""), image(`"width": [1, 2, 3], "height": 1, "batch_size": 1, "color": 0`),
			"node 1, input width:"},
		"a value where a link must be": {sketch(""), with(`{"class_type": "ImageInvert", "inputs": {"image": "x.png"}}`),
			"wants a link to a node that gives IMAGE"},
		"a link of the wrong type": {sketch(""), with(`{"class_type": "ImageInvert", "inputs": {"image": ["3", 0]}},
			"3": {"class_type": "SolidMask", "inputs": {"value": 1, "width": 8, "height": 8}}`),
			"takes IMAGE, but output 0 of node 3 (SolidMask) is MASK"},
		"a link to an output that is not there": {sketch(""), with(`{"class_type": "ImageInvert", "inputs": {"image": ["3", 4]}},
			"3": {"class_type": "SolidMask", "inputs": {}}`), "takes output 4 of node 3 (SolidMask), which has 1"},
		"an output that saves nothing": {"name: sketch\nkind: image\noutputs: [1]\n", sketchGraph, "node 1: outputs: EmptyImage is no node that saves"},
		"a parameter of another type": {param("type: text, bind: 1.width"), sketchGraph,
			"node 1, input width: parameter p is text, but this input takes INT"},
		"a range that the server lacks": {param("type: integer, min: 20000, bind: 1.width"), sketchGraph,
			"parameter p: the server's range leaves nothing of the manifest's"},
		"a default outside the server's range": {param("type: integer, default: 20000, bind: 1.width"), sketchGraph,
			"parameter p: default: 20000 is out of range: allowed is 1 to 16384"},
		"an input that only the graph knows": {param("type: integer, bind: 1.depth"),
			image(`"width": 1, "height": 1, "batch_size": 1, "color": 0, "depth": 1`),
			"parameter p goes nowhere: the server's EmptyImage has no such input"},
		"a source that is no list": {param("type: choice, choices_from: KSampler.seed, bind: 1.width"), sketchGraph,
			"parameter p: the server lists no choices under KSampler.seed"},
		"a source of an unknown class": {param("type: choice, choices_from: NoSuchNode.x, bind: 1.width"), sketchGraph,
			`parameter p: the server has no node class "NoSuchNode"`},
		"choices of which the server has none": {param("type: choice, choices: [a, b], required: true, bind: 1.flip_method"),
			with(`{"class_type": "ImageFlip", "inputs": {"image": ["3", 0], "flip_method": "a"}},
			"3": {"class_type": "EmptyImage", "inputs": {}}`),
			"parameter p: the server offers nothing to choose from"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantProblem(t, load(t, c.manifest, c.graph).Check(server), c.words)
		})
	}
}

func TestABypassMustReachEveryRequiredInput(t *testing.T) {
	t.Parallel()
	const graph = `{
		"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}},
		"3": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
		"2": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "x"}}}`
	manifest := func(bypass string) string {
		return sketch("parameters: [{name: invert, type: bool}]\nnodes: {3: {when: invert" + bypass + "}}")
	}
	server := recorded(t, newest)
	wantProblem(t, load(t, manifest(""), graph).Check(server),
		"node 2, input images: takes output 0 of node 3, which is left out without invert: name an input for it in bypass")
	if problems := load(t, manifest(", bypass: {0: image}"), graph).Check(server); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestManySwitchesAreCheckedInBoundedTime(t *testing.T) {
	t.Parallel()
	var params, rules, graph strings.Builder
	last := "1"
	for i := range 20 {
		id := string(rune('a' + i))
		params.WriteString("  - {name: " + id + ", type: bool}\n")
		rules.WriteString("  " + id + ": {when: " + id + ", bypass: {0: image}}\n")
		graph.WriteString(`"` + id + `": {"class_type": "ImageInvert", "inputs": {"image": ["` + last + `", 0]}},`)
		last = id
	}
	w := load(t, sketch("parameters:\n"+params.String()+"nodes:\n"+rules.String()),
		`{`+graph.String()+`"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}},
		"2": {"class_type": "SaveImage", "inputs": {"images": ["`+last+`", 0], "filename_prefix": "x"}}}`)
	if problems := w.Check(recorded(t, newest)); len(problems) > 0 {
		t.Error(problems)
	}
	b, err := w.Bind(workflow.BindConfig{Params: map[string]any{"c": true}})
	if err != nil || len(b.Nodes) != 3 {
		t.Errorf("%v, %+v", err, b)
	}
}
