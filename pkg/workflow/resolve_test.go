package workflow_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// catalog is what the newest recorded server offers.
func catalog(t testing.TB) workflow.Catalog {
	t.Helper()
	return shipped(t).Catalog(recorded(t, newest))
}

func TestResolveMakesCompleteParameters(t *testing.T) {
	t.Parallel()
	got, err := catalog(t).Resolve("txt2img", map[string]string{
		"prompt": "a lighthouse\r\nat dawn", "cfg": "+7.50", "steps": "008", "seed": "0", "sampler": "EULER", "lora": "tiny_lora",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := job.Params{
		"prompt": "a lighthouse\nat dawn", "negative": "", "checkpoint": "tiny.safetensors",
		"lora": "tiny_lora.safetensors", "lora_strength": json.Number("1"),
		"width": json.Number("512"), "height": json.Number("512"), "steps": json.Number("8"), "cfg": json.Number("7.5"),
		"sampler": "euler", "scheduler": "normal", "seed": json.Number("0"), "batch": json.Number("1"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestResolveRefusesInWords(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	for name, tc := range map[string]struct {
		raw   map[string]string
		code  job.Code
		words string
	}{
		"nothing":               {nil, job.CodeInvalid, "invalid request (prompt): is missing"},
		"an empty prompt":       {raw("prompt", ""), job.CodeInvalid, "(prompt): is missing"},
		"a blank prompt":        {raw("prompt", " \n "), job.CodeInvalid, "(prompt): must not be empty"},
		"10,000 characters":     {raw("prompt", strings.Repeat("ü", 10_000)), job.CodeInvalid, "has 10000 characters: at most 4000 are allowed"},
		"not UTF-8":             {raw("prompt", "a\xffb"), job.CodeInvalid, "(prompt): is not valid UTF-8"},
		"a number not UTF-8":    {raw("prompt", "x", "steps", "1\xff"), job.CodeInvalid, "(steps): is not valid UTF-8"},
		"a NUL":                 {raw("prompt", "a\x00b"), job.CodeInvalid, "control character U+0000"},
		"an escape":             {raw("prompt", "\x1b[31mred"), job.CodeInvalid, "control character U+001B"},
		"a C1 control":          {raw("prompt", "a\u009bb"), job.CodeInvalid, "control character U+009B"},
		"a misspelt parameter":  {raw("prompt", "x", "widht", "512"), job.CodeInvalid, `txt2img has no parameter "widht"; did you mean width?`},
		"swapped letters":       {raw("prompt", "x", "cgf", "7"), job.CodeInvalid, "did you mean cfg?"},
		"an unknown parameter":  {raw("prompt", "x", "tiling", "1"), job.CodeInvalid, `no parameter "tiling"; there are prompt, negative,`},
		"between steps":         {raw("prompt", "x", "width", "513"), job.CodeInvalid, "(width): 513 does not fit the steps of 8: the nearest are 512 and 520"},
		"above the range":       {raw("prompt", "x", "width", "4096"), job.CodeInvalid, "(width): 4096 is out of range: allowed is 64 to 2048 in steps of 8"},
		"below the range":       {raw("prompt", "x", "width", "-8"), job.CodeInvalid, "allowed is 64 to 2048"},
		"a fraction":            {raw("prompt", "x", "width", "512.0"), job.CodeInvalid, `"512.0" is not a whole number`},
		"a hexadecimal number":  {raw("prompt", "x", "width", "0x200"), job.CodeInvalid, "not a whole number"},
		"digit groups":          {raw("prompt", "x", "width", "1_024"), job.CodeInvalid, "not a whole number"},
		"an endless number":     {raw("prompt", "x", "width", strings.Repeat("9", 1000)), job.CodeInvalid, "not a whole number"},
		"NaN":                   {raw("prompt", "x", "cfg", "NaN"), job.CodeInvalid, `"NaN" is not a number`},
		"infinity":              {raw("prompt", "x", "cfg", "-Inf"), job.CodeInvalid, "is not a number"},
		"a number without end":  {raw("prompt", "x", "cfg", "1e999"), job.CodeInvalid, "is not a number"},
		"a huge exponent":       {raw("prompt", "x", "cfg", "1e999999999"), job.CodeInvalid, "is not a number"},
		"hexadecimal float":     {raw("prompt", "x", "cfg", "0x1p-2"), job.CodeInvalid, "is not a number"},
		"a decimal comma":       {raw("prompt", "x", "cfg", "7,5"), job.CodeInvalid, `"7,5" is not a number: write 7.5`},
		"between float steps":   {raw("prompt", "x", "cfg", "7.25"), job.CodeInvalid, "the nearest are 7.2 and 7.3"},
		"a negative seed":       {raw("prompt", "x", "seed", "-1"), job.CodeInvalid, "no seed: want a whole number from 0 to 18446744073709551615"},
		"a seed of 65 bits":     {raw("prompt", "x", "seed", "18446744073709551616"), job.CodeInvalid, "no seed"},
		"a misspelt choice":     {raw("prompt", "x", "sampler", "eulr"), job.CodeMissingModel, `missing on the server (sampler): there is no "eulr" on the server; did you mean "euler"?`},
		"an unknown choice":     {raw("prompt", "x", "lora", "watercolour"), job.CodeMissingModel, `there is no "watercolour" on the server; choose from tiny_lora.safetensors`},
		"a path":                {raw("prompt", "x", "lora", "../../etc/passwd"), job.CodeMissingModel, "there is no"},
		"a choice not UTF-8":    {raw("prompt", "x", "lora", "\xff"), job.CodeInvalid, "(lora): is not valid UTF-8"},
		"strength without LoRA": {raw("prompt", "x", "lora_strength", "0.5"), job.CodeInvalid, "(lora_strength): has no effect without lora"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := c.Resolve("txt2img", tc.raw)
			wantError(t, err, tc.code, tc.words)
			if _, ok := err.(*job.Error); !ok {
				t.Errorf("a %T, want a *job.Error", err)
			}
		})
	}
}

func TestResolveOfOtherWorkflows(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	_, err := c.Resolve("txt2image", nil)
	wantError(t, err, job.CodeUnknown, `"txt2image"; did you mean txt2img?`)
	_, err = c.Resolve("zebra\n", nil)
	wantError(t, err, job.CodeUnknown, `"zebra\n"; there are test-animate, test-edit, test-inpaint, test-pattern`)
	_, err = c.Resolve("test-edit", raw("image", "cat.png"))
	wantError(t, err, job.CodeInvalid, "(image): is a picture: attach it as a file")
	_, err = c.Resolve("test-upscale", raw("factor", "3"))
	wantError(t, err, job.CodeInvalid, `there is no "3"; choose from 2, 4, 8`)
	got, err := c.Resolve("test-edit", raw("mix", "0.2"))
	want := job.Params{"mix": json.Number("0.2"), "strength": json.Number("1")}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestASeedThatIsNotGivenIsDrawnBelow2To53(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	seen := map[any]bool{}
	for range 100 {
		p, err := c.Resolve("txt2img", raw("prompt", "x"))
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.ParseUint(string(p["seed"].(json.Number)), 10, 64)
		if err != nil || n >= 1<<53 {
			t.Fatalf("drew %v: %v", p["seed"], err)
		}
		seen[p["seed"]] = true
	}
	if len(seen) < 90 {
		t.Errorf("100 draws gave %d seeds", len(seen))
	}
	p, err := c.Resolve("txt2img", raw("prompt", "x", "seed", "18446744073709551615"))
	if err != nil || p["seed"] != json.Number("18446744073709551615") {
		t.Errorf("the largest seed became %v, %v", p["seed"], err)
	}
}

func TestASeedStaysWithinWhatTheServerTakes(t *testing.T) {
	t.Parallel()
	server := nodes(t, `{
		"Noise": {"input": {"required": {"seed": ["INT", {"min": 0, "max": 3}]}}, "output": ["IMAGE"]},
		"SaveImage": {"input": {"required": {"images": ["IMAGE"]}}, "output_node": true}}`)
	set, problems := workflow.Load(folder(sketch("parameters: [{name: seed, type: seed, bind: 1.seed}]"),
		`{"1": {"class_type": "Noise", "inputs": {"seed": 0}}, "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}}`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	c := set.Catalog(server)
	for range 50 {
		p, err := c.Resolve("sketch", nil)
		if n, _ := strconv.Atoi(string(p["seed"].(json.Number))); err != nil || n > 3 {
			t.Fatalf("drew %v, %v", p["seed"], err)
		}
	}
	_, err := c.Resolve("sketch", raw("seed", "4"))
	wantError(t, err, job.CodeInvalid, "4 is out of range: allowed is 3 or less")
}

func TestBoolsAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	set, _ := workflow.Load(folder(sketch("parameters: [{name: p, type: bool, bind: 1.color}]"), sketchGraph))
	c := set.Catalog(nil)
	for typed, want := range map[string]any{"yes": true, "On": true, "1": true, "TRUE": true, "no": false, "off": false, "0": false, "": nil} {
		p, err := c.Resolve("sketch", raw("p", typed))
		if err != nil || p["p"] != want {
			t.Errorf("%q gave %v, %v", typed, p["p"], err)
		}
	}
	_, err := c.Resolve("sketch", raw("p", "maybe"))
	wantError(t, err, job.CodeInvalid, `"maybe" is neither yes nor no`)
}

func TestStepsCountFromMinOrZero(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ keys, typed, words string }{
		{"step: 8", "-7", "the nearest are -8 and 0"},
		{"step: 8, min: 4", "13", "the nearest are 12 and 20"},
		{"step: 8, max: 100", "97", "the nearest is 96"},
		{"step: 8", "-16", ""},
		{"min: 3", "2", "allowed is 3 or more"},
		{"max: 3", "4", "allowed is 3 or less"},
	} {
		set, _ := workflow.Load(folder(sketch("parameters: [{name: p, type: integer, bind: 1.width, "+tc.keys+"}]"), sketchGraph))
		_, err := set.Catalog(nil).Resolve("sketch", raw("p", tc.typed))
		if tc.words == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		wantError(t, err, job.CodeInvalid, tc.words)
	}
}

func TestChoicesAreFoundByWhatCanBeMeantOnly(t *testing.T) {
	t.Parallel()
	server := loras(t, recorded(t, newest), "ab.pt", "ab", "style/Ink.safetensors", `win\Oil.safetensors`, "one/twin.pt", "two/twin.pt", "Case.pt", "case.pt")
	c := shipped(t).Catalog(server)
	for typed, want := range map[string]string{
		"ab": "ab", "ab.pt": "ab.pt", "ink": "style/Ink.safetensors", "OIL": `win\Oil.safetensors`, "Case.pt": "Case.pt",
		" style/ink.safetensors ": "style/Ink.safetensors", "twin": "", "CASE.PT": "", "i": "",
	} {
		p, err := c.Resolve("txt2img", raw("prompt", "x", "lora", typed))
		if got, _ := p["lora"].(string); got != want || (want == "") != (err != nil) {
			t.Errorf("%q gave %q, %v", typed, got, err)
		}
	}
}

func TestOneLineTakesOneLine(t *testing.T) {
	t.Parallel()
	set, _ := workflow.Load(folder(sketch("parameters: [{name: p, type: string, bind: 1.color}]"), sketchGraph))
	_, err := set.Catalog(nil).Resolve("sketch", raw("p", "a\nb"))
	wantError(t, err, job.CodeInvalid, "takes one line")
	if _, err := set.Catalog(nil).Resolve("sketch", raw("p", "a\tb")); err != nil {
		t.Error(err)
	}
}

// raw takes name, value, name, value, …
func raw(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}
