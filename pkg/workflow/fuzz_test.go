package workflow_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"unicode/utf8"

	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
	"discomfy/workflows"
)

func FuzzParseManifest(f *testing.F) {
	for _, name := range []string{"txt2img.yaml", "test-edit.yaml", "test-pattern.yaml"} {
		data, err := workflows.FS.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("name: &a [*a]\nkind: {<<: *a}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := workflow.ParseManifest(data)
		if err == nil && (m.Name == "" || len(m.Outputs) == 0) {
			t.Errorf("accepted a manifest without name or outputs: %+v", m)
		}
	})
}

// A manifest and a graph that load can be checked, offered and bound without
// a panic, and what is bound parses again.
func FuzzLoad(f *testing.F) {
	server := recorded(f, newest)
	for _, name := range []string{"txt2img", "test-edit", "test-video"} {
		manifest, _ := workflows.FS.ReadFile(name + ".yaml")
		graph, _ := workflows.FS.ReadFile(name + ".json")
		f.Add(manifest, graph)
	}
	f.Add([]byte(widthOnly), []byte(sketchGraph))
	f.Add([]byte(widthOnly), []byte(`{"1": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0], "width": null}}}`))
	f.Fuzz(func(t *testing.T, manifest, graph []byte) {
		set, problems := workflow.Load(folder(string(manifest), string(graph)))
		if len(set.All())+len(problems) == 0 {
			t.Fatal("neither loaded nor reported")
		}
		c := set.Catalog(server)
		for _, w := range set.All() {
			for _, nodes := range []*workflow.Nodes{nil, server} {
				w.Check(nodes)
				params, err := c.Resolve(w.Manifest.Name, map[string]string{"prompt": "x"})
				if err != nil {
					params = nil
				}
				b, err := w.Bind(workflow.BindConfig{Params: params, Nodes: nodes, Prefix: "x"})
				if err != nil {
					mustBeOurs(t, err)
					continue
				}
				if _, err := workflow.ParseGraph(b.Graph); err != nil {
					t.Errorf("bound a graph that does not parse: %v", err)
				}
			}
		}
	})
}

func FuzzParseNodes(f *testing.F) {
	f.Add([]byte(`{"A": {"input": {"required": {"x": [["a"], {}], "y": ["COMBO", {"options": [1]}]}}, "output": ["A", ["b"]]}}`))
	f.Add([]byte(`{"A": {"input": {"required": {"x": ["COMFY_DYNAMICCOMBO_V3", {"options": [{"key": "k", "inputs": {"required": {}}}]}]}}}}`))
	f.Add([]byte(`{"A": {"input": {"required": {"x": ["FLOAT", {"max": Infinity, "default": NaN}]}}}}`))
	if data, err := os.ReadFile(recordings + "/" + newest + "/object_info.json"); err == nil {
		f.Add(data[:bytes.IndexByte(data, '\n')+1])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := workflow.ParseNodes(bytes.NewReader(data))
		if err != nil {
			return
		}
		w, _ := shipped(t).Get("txt2img")
		w.Check(n)
		n.Choices("A", "x")
	})
}

func FuzzResolve(f *testing.F) {
	c := catalog(f)
	for _, v := range []string{"512", "NaN", "0x1p-2", "1e999", "-0", ".5", "tiny_lora", "a\x00b", "\xff", "yes", "18446744073709551615"} {
		f.Add("txt2img", "width", v)
		f.Add("txt2img", "cfg", v)
		f.Add("test-video", "color", v)
	}
	f.Fuzz(func(t *testing.T, name, parameter, value string) {
		params, err := c.Resolve(name, map[string]string{"prompt": "x", parameter: value})
		if err != nil {
			mustBeOurs(t, err)
			return
		}
		data, err := json.Marshal(params)
		if err != nil {
			t.Fatalf("resolved what JSON cannot hold: %v", err)
		}
		var back job.Params
		if err := json.Unmarshal(data, &back); err != nil {
			t.Errorf("resolved %s, which job.Params refuses: %v", data, err)
		}
	})
}

// Every parameter of a request that travelled is accepted or refused in words.
func FuzzBind(f *testing.F) {
	set, server := shipped(f), recorded(f, newest)
	f.Add("txt2img", `{"prompt": "x", "seed": 1e999, "width": 0.5}`, "image", "x")
	f.Add("test-edit", `{"strength": 1}`, "image", "x.png")
	f.Fuzz(func(t *testing.T, name, body, picture, file string) {
		w, ok := set.Get(name)
		var params job.Params
		if !ok || json.Unmarshal([]byte(body), &params) != nil {
			return
		}
		b, err := w.Bind(workflow.BindConfig{Params: params, Files: map[string]string{picture: file}, Nodes: server})
		if err != nil {
			mustBeOurs(t, err)
		} else if !json.Valid(b.Graph) {
			t.Errorf("bound to %q", b.Graph)
		}
	})
}

// FuzzCatalog reads what another process published.
func FuzzCatalog(f *testing.F) {
	data, err := json.Marshal(catalog(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"workflows": [{"name": "w", "parameters": [{"name": "p", "type": "choice", "fallback": "first"}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var c workflow.Catalog
		if json.Unmarshal(data, &c) != nil {
			return
		}
		for _, o := range c.Offers {
			for _, p := range o.Parameters {
				_, err := c.Resolve(o.Name, map[string]string{p.Name: "1"})
				if err != nil {
					mustBeOurs(t, err)
				}
			}
		}
	})
}

// mustBeOurs checks that an error can be shown to people.
func mustBeOurs(t *testing.T, err error) {
	t.Helper()
	if _, ok := err.(*job.Error); !ok || !utf8.ValidString(err.Error()) {
		t.Errorf("%T %q", err, err)
	}
}
