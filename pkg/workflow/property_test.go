package workflow_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// typed draws what a person may type for an offer: any of its parameters, or
// none, within what the offer says.
func typed(t *rapid.T, o workflow.Offer) map[string]string {
	args := map[string]string{}
	for _, p := range o.Parameters {
		if p.Type == workflow.TypePicture || !p.Required && rapid.Bool().Draw(t, "skip "+p.Name) {
			continue
		}
		args[p.Name] = typedValue(t, p)
	}
	if _, ok := args["lora"]; !ok {
		delete(args, "lora_strength") // has no effect alone, and is refused
	}
	return args
}

func typedValue(t *rapid.T, p workflow.Parameter) string {
	switch p.Type {
	case workflow.TypeChoice:
		return p.Choices[rapid.IntRange(0, len(p.Choices)-1).Draw(t, p.Name)].Label
	case workflow.TypeSeed:
		return strconv.FormatUint(rapid.Uint64().Draw(t, p.Name), 10)
	case workflow.TypeBool:
		return strconv.FormatBool(rapid.Bool().Draw(t, p.Name))
	case workflow.TypeInteger, workflow.TypeFloat:
		low, _ := p.Min.Float64()
		high, _ := p.Max.Float64()
		step, err := p.Step.Float64()
		if err != nil {
			step = 1
		}
		n := rapid.IntRange(0, int((high-low)/step+1e-9)).Draw(t, p.Name)
		return strconv.FormatFloat(math.Round((low+float64(n)*step)*1e6)/1e6, 'f', -1, 64)
	}
	return "x" + rapid.StringMatching(`[\pL\pN\pS \t]{0,40}`).Draw(t, p.Name)
}

func allPictures(o workflow.Offer, t *rapid.T) map[string]string {
	pictures := map[string]string{}
	for _, p := range o.Pictures() {
		if p.Required || rapid.Bool().Draw(t, p.Name) {
			pictures[p.Name] = "discomfy/" + p.Name + ".png"
		}
	}
	return pictures
}

// Whatever the catalog allows binds, is a graph that the server takes, and
// leaves the loaded workflow as it was.
func TestWhatTheCatalogAllowsBindsOnEveryServer(t *testing.T) {
	t.Parallel()
	set := shipped(t)
	pristine := shipped(t)
	for _, version := range versions() {
		servers := []*workflow.Nodes{recorded(t, version), loras(t, recorded(t, version))}
		catalogs := []workflow.Catalog{set.Catalog(servers[0]), set.Catalog(servers[1])}
		t.Run(version, rapid.MakeCheck(func(t *rapid.T) {
			server := rapid.IntRange(0, 1).Draw(t, "server")
			w := rapid.SampledFrom(set.All()).Draw(t, "workflow")
			o, _ := catalogs[server].Find(w.Manifest.Name)
			o.Parameters = offered(o.Parameters)
			params, err := catalogs[server].Resolve(o.Name, typed(t, o))
			if err != nil {
				t.Fatal(err)
			}
			b, err := w.Bind(workflow.BindConfig{Params: params, Files: allPictures(o, t), Nodes: servers[server], Prefix: "discomfy/x"})
			if err != nil {
				t.Fatalf("%v of %v", err, params)
			}
			if _, err := workflow.ParseGraph(b.Graph); err != nil || len(b.Filled) > 0 {
				t.Fatalf("%v, filled %v", err, b.Filled)
			}
			before, _ := pristine.Get(o.Name)
			if !reflect.DeepEqual(before, w) {
				t.Fatal("binding changed the workflow:", cmp.Diff(before, w))
			}
		}))
	}
}

// offered are the parameters that can be given here: not a choice from nothing.
func offered(all []workflow.Parameter) []workflow.Parameter {
	var some []workflow.Parameter
	for _, p := range all {
		if p.Type != workflow.TypeChoice || len(p.Choices) > 0 {
			some = append(some, p)
		}
	}
	return some
}

// Typing back what was resolved gives the same again, also by way of JSON.
func TestResolvedParametersCanBeTypedBack(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	rapid.Check(t, func(t *rapid.T) {
		o := rapid.SampledFrom(c.Offers).Draw(t, "workflow")
		params, err := c.Resolve(o.Name, typed(t, o))
		if err != nil {
			t.Fatal(err)
		}
		again, err := c.Resolve(o.Name, workflow.Format(params))
		if diff := cmp.Diff(params, again); diff != "" || err != nil {
			t.Fatal(err, diff)
		}
		data, err := json.Marshal(params)
		if err != nil {
			t.Fatal(err)
		}
		var travelled job.Params
		if err := json.Unmarshal(data, &travelled); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(params, travelled); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A number is accepted exactly when it is in range and on a step, and the
// neighbours that a refusal names are accepted.
func TestStepsAreExact(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(-500, 3500).Draw(t, "hundredths")
		_, err := c.Resolve("txt2img", raw("prompt", "x", "cfg", fmt.Sprintf("%.2f", float64(n)/100)))
		if want := n >= 0 && n <= 3000 && n%10 == 0; (err == nil) != want {
			t.Fatalf("%d hundredths: %v", n, err)
		}
	})
}
