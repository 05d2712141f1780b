package comfysim_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/comfy/comfysim/comfysimtest"
)

// The classes known here are described as the recorded server described them. Help texts and search words, which
// the recording left out, do not count, nor does the list of the input folder's files.
func TestObjectInfoAgreesWithTheRecording(t *testing.T) {
	t.Parallel()
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join(recordings, version, "object_info.json"))
			if err != nil {
				t.Fatal(err)
			}
			var recorded map[string]any
			if err := json.Unmarshal(data, &recorded); err != nil {
				t.Fatal(err)
			}
			_, base := comfysimtest.Start(t, comfysim.Config{Version: version})
			_, got := client{t, base}.do("GET", "/api/object_info", nil)
			if len(got) < 30 {
				t.Fatalf("%d classes", len(got))
			}
			for class, info := range got {
				if diff := cmp.Diff(factsOnly("", recorded[class]), factsOnly("", info)); diff != "" {
					t.Errorf("%s: %s", class, diff)
				}
			}
		})
	}
}

// factsOnly drops help texts, and the choices of an input that takes uploads.
func factsOnly(key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			switch k {
			case "tooltip", "description", "output_tooltips", "search_aliases":
			default:
				out[k] = factsOnly(k, x)
			}
		}
		return out
	case []any:
		if key == "image" && len(v) > 1 {
			if o, _ := v[1].(map[string]any); o["image_upload"] == true {
				return "files"
			}
		}
		out := []any{}
		for _, x := range v {
			out = append(out, factsOnly("", x))
		}
		return out
	}
	return v
}

func TestNestedChoicesAreValidated(t *testing.T) {
	t.Parallel()
	_, base := comfysimtest.Start(t, comfysim.Config{})
	c := client{t, base}
	tests := map[string]struct {
		inputs map[string]any
		status int
		kind   string
	}{
		"all levels":         {map[string]any{"format": "mp4", "format.codec": "h264"}, http.StatusOK, ""},
		"a level is missing": {map[string]any{"format": "mp4"}, http.StatusBadRequest, "required_input_missing"},
		"no such key":        {map[string]any{"format": "avi"}, http.StatusBadRequest, "value_not_in_list"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.inputs["video"], test.inputs["filename_prefix"] = []any{"2", 0}, "clip"
			status, answer := c.do("POST", "/prompt", map[string]any{"prompt": map[string]any{
				"1": map[string]any{"class_type": "EmptyImage", "inputs": map[string]any{"width": 8, "height": 8, "batch_size": 2, "color": 0}},
				"2": map[string]any{"class_type": "CreateVideo", "inputs": map[string]any{"images": []any{"1", 0}, "fps": 8}},
				"3": map[string]any{"class_type": "SaveVideo", "inputs": test.inputs},
			}})
			if status != test.status {
				t.Fatalf("%d: %v", status, answer)
			}
			if test.kind == "" {
				return
			}
			errors := answer["node_errors"].(map[string]any)["3"].(map[string]any)["errors"].([]any)
			if kind := errors[0].(map[string]any)["type"]; kind != test.kind {
				t.Errorf("%v, want %s", kind, test.kind)
			}
		})
	}
}

func TestCustomNodeReportsItsOwnKindOfOutput(t *testing.T) {
	t.Parallel()
	node := func(dir string) (map[string]any, error) {
		if err := os.WriteFile(filepath.Join(dir, "a.mp4"), []byte("video"), 0o600); err != nil {
			return nil, err
		}
		return map[string]any{"gifs": []any{map[string]any{"filename": "a.mp4", "subfolder": "", "type": "output"}}}, nil
	}
	s, base := comfysimtest.Start(t, comfysim.Config{Nodes: map[string]comfysim.OutputNode{"PackVideo": node}})
	c := client{t, base}
	id := c.submit("me", map[string]any{"1": map[string]any{"class_type": "PackVideo", "inputs": map[string]any{}}})
	waitFor(t, s, id, comfysim.Success)
	if status, data := c.raw("GET", "/view?filename=a.mp4", "", nil); status != http.StatusOK || string(data) != "video" {
		t.Errorf("view: %d %q", status, data)
	}
}
