package workflow_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/workflow"
)

func TestChoicesAreUnderstoodInAllThreeForms(t *testing.T) {
	t.Parallel()
	n := nodes(t, `{"Thing": {"input": {
		"required": {
			"list": [["a", "b"], {"default": "b"}],
			"combo": ["COMBO", {"options": ["c", "d"]}],
			"dynamic": ["COMFY_DYNAMICCOMBO_V3", {"options": [
				{"key": "e", "inputs": {"required": {"inner": ["COMBO", {"options": ["g"]}]}}},
				{"key": "f", "inputs": {"optional": {"inner": [["g", "h"]]}}}]}],
			"text": ["STRING", {}],
			"several": ["COMBO", {"options": ["x"], "multiselect": true}],
			"remote": ["COMBO", {"options": ["old"], "remote": {"route": "/somewhere"}}]
		},
		"optional": {"empty": [[]], "mixed": [[1, 2.5, true, "x", {"no": "choice"}, null]]}
	}, "output": ["IMAGE"]}}`)
	for input, want := range map[string][]string{
		"list": {"a", "b"}, "combo": {"c", "d"}, "dynamic": {"e", "f"}, "dynamic.inner": {"g", "h"},
		"empty": {}, "mixed": {"1", "2.5", "true", "x"},
	} {
		got, ok := n.Choices("Thing", input)
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s: %t %s", input, ok, diff)
		}
	}
	for _, input := range []string{"text", "several", "remote", "absent"} {
		if got, ok := n.Choices("Thing", input); ok {
			t.Errorf("%s has the choices %v", input, got)
		}
	}
	if _, ok := n.Choices("Other", "list"); ok {
		t.Error("an unknown class has choices")
	}
}

func TestRecordedServersAreReadWhole(t *testing.T) {
	t.Parallel()
	want := map[string]int{"0.3.64": 384, "0.8.0": 447, "0.33.0": 635}
	for _, version := range versions() {
		n := recorded(t, version)
		if n.Len() != want[version] {
			t.Errorf("%s: %d classes, want %d", version, n.Len(), want[version])
		}
		got, _ := n.Choices("LoraLoader", "lora_name")
		if diff := cmp.Diff([]string{"tiny_lora.safetensors"}, got); diff != "" {
			t.Errorf("%s: %s", version, diff)
		}
		got, _ = n.Choices("ImageBlend", "blend_mode")
		if len(got) != 6 {
			t.Errorf("%s: blend modes %v", version, got)
		}
	}
	got, ok := recorded(t, "0.33.0").Choices("SaveVideo", "format.codec")
	if !ok || !strings.Contains(strings.Join(got, " "), "h264") {
		t.Errorf("codecs of 0.33.0: %v", got)
	}
}

func TestAClassKeepsItsInputsInOrder(t *testing.T) {
	t.Parallel()
	c, ok := recorded(t, newest).Class("KSampler")
	if !ok {
		t.Fatal("no KSampler")
	}
	var got []string
	for _, in := range c.Inputs {
		got = append(got, in.Name)
	}
	want := []string{"model", "seed", "steps", "cfg", "sampler_name", "scheduler", "positive", "negative", "latent_image", "denoise"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if seed := c.Inputs[1]; seed.Max != "18446744073709551615" || !seed.Default.Equal(number("0")) {
		t.Errorf("the seed lost digits: %+v", seed)
	}
}

func TestWithReplacesOnlyTheClassesItBrings(t *testing.T) {
	t.Parallel()
	old := recorded(t, newest)
	fresh := loras(t, old, "new.safetensors")
	got, _ := fresh.Choices("LoraLoader", "lora_name")
	before, _ := old.Choices("LoraLoader", "lora_name")
	if diff := cmp.Diff([][]string{{"new.safetensors"}, {"tiny_lora.safetensors"}}, [][]string{got, before}); diff != "" {
		t.Error(diff)
	}
	if fresh.Len() != old.Len() {
		t.Errorf("%d classes became %d", old.Len(), fresh.Len())
	}
}

func TestOddClassesDoNotHideTheOthers(t *testing.T) {
	t.Parallel()
	for name, info := range map[string]string{
		"a class that is no object":    `{"Bad": 3, "Good": {"input": {}, "output": ["IMAGE"]}}`,
		"inputs that are a list":       `{"Good": {"input": {"required": [], "optional": null}, "output": ["IMAGE"]}}`,
		"an input without a type":      `{"Good": {"input": {"required": {"x": [], "y": "STRING", "z": [{}]}}, "output": ["IMAGE"]}}`,
		"no output":                    `{"Good": {"input": {}, "output": null}}`,
		"bounds that JSON cannot hold": `{"Good": {"input": {"required": {"x": ["FLOAT", {"min": -Infinity, "max": Infinity, "default": NaN}]}}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, ok := nodes(t, info).Class("Good"); !ok {
				t.Error("the good class is gone")
			}
		})
	}
	n := nodes(t, `{"A": {"display_name": "NaN \" Infinity", "input": {"required": {"x": ["INT", {"max": Infinity}]}}}}`)
	if c, _ := n.Class("A"); c.Title != `NaN " Infinity` {
		t.Errorf("a text was changed: %q", c.Title)
	}
}

func TestObjectInfoThatIsNone(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null", "[]", "<html>", `{"a": `} {
		if _, err := workflow.ParseNodes(strings.NewReader(body)); err == nil {
			t.Errorf("%q was accepted", body)
		}
	}
}
