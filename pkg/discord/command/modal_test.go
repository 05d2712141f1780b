package command_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/command"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// opened is a modal that must exist and be valid.
func opened(t testing.TB, m command.Menu, v card.Verb, a command.Ask, typed command.Entry) api.Modal {
	t.Helper()
	modal, ok := m.Modal(card.ID{Verb: v, Job: job.NewID(), Arg: a.Workflow, N: 1}, a, typed)
	if !ok {
		t.Fatal("there is no modal")
	}
	validModal(t, modal)
	return modal
}

func values(m api.Modal) map[string]string {
	all := map[string]string{}
	for id, in := range inputs(m) {
		all[id] = in.Value
	}
	return all
}

func TestModalsAskForWhatTheWorkflowTakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ask  command.Ask
		want map[string]string
	}{
		"a recorded request": {must[command.Ask](t)(shop().Redo(fox(t), nil)), map[string]string{"p:prompt": "a red fox", "p:negative": "",
			"s:width,height": "512x512", "n:steps,cfg,batch": "30 / 7 / 1", "p:seed": "18446744073709551615"}},
		"a workflow without words": {command.Ask{Workflow: "test-pattern"}, map[string]string{"s:width,height": "512x512", "p:batch": "1",
			"p:ground": "navy", "p:color": "red", "m:center,softness": ""}},
		"an edit":   {command.Ask{Workflow: "test-inpaint", Raw: map[string]string{"strength": "0.5"}}, map[string]string{"p:prompt": "", "p:strength": "0.5", "p:color": "yellow"}},
		"a video":   {command.Ask{Workflow: "test-animate"}, map[string]string{"s:width,height": "512x512", "n:frames,fps,strength": "24 / 8 / 1"}},
		"a scaling": {command.Ask{Workflow: "test-upscale"}, map[string]string{"p:factor": "2", "p:method": "lanczos"}},
	} {
		if diff := cmp.Diff(c.want, values(opened(t, shop(), card.Redo, c.ask, nil))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if _, ok := menu(offer(t, "x", "edit", "  - {name: image, type: picture, bind: 1.a}\n")).Modal(card.ID{Verb: card.Edit}, command.Ask{Workflow: "x"}, nil); ok {
		t.Error("there is a modal without inputs")
	}
}

func TestModalsAreAsWritten(t *testing.T) {
	t.Parallel()
	edit, _ := shop().Modal(card.ID{Verb: card.Edit, Job: job.NewID(), N: 2}, command.Ask{Workflow: "test-edit"}, nil)
	if id, err := card.ParseID(edit.ID); err != nil || id.Arg != "test-edit" || id.N != 2 {
		t.Errorf("the modal's id is %q", edit.ID)
	}
	id, _ := job.ParseID("0197e3a0-0000-7000-8000-000000000001")
	redo, _ := shop().Modal(card.ID{Verb: card.Redo, Job: id}, must[command.Ask](t)(shop().Redo(fox(t), nil)), nil)
	animate, _ := shop().Modal(card.ID{Verb: card.Animate, Job: id, Arg: "test-animate", N: 2}, command.Ask{Workflow: "test-animate"}, nil)
	pattern, _ := shop().Modal(card.ID{Verb: card.Redo, Job: id}, command.Ask{Workflow: "test-pattern", Raw: map[string]string{"softness": "0.5"}}, nil)
	golden(t, "modals", map[string]any{"redo": redo, "animate": animate, "pattern": pattern})
}

func TestWhatAModalHeldBecomesTheOrder(t *testing.T) {
	t.Parallel()
	redo := must[command.Ask](t)(shop().Redo(fox(t), nil))
	pattern := command.Ask{Workflow: "test-pattern", Raw: map[string]string{"softness": "0.5", "center": "teal"}}
	changed := func(base map[string]string, pairs ...string) map[string]string {
		for i := 0; i < len(pairs); i += 2 {
			if base[pairs[i]] = pairs[i+1]; pairs[i+1] == "∅" {
				delete(base, pairs[i])
			}
		}
		return base
	}
	for name, c := range map[string]struct {
		ask  command.Ask
		fill map[string]string
		want map[string]string
	}{
		"nothing changed": {redo, nil, foxRaw()},
		"words":           {redo, map[string]string{"p:prompt": "a blue fox", "p:negative": "red"}, changed(foxRaw(), "prompt", "a blue fox", "negative", "red")},
		"a size":          {redo, map[string]string{"s:width,height": "640 × 480"}, changed(foxRaw(), "width", "640", "height", "480")},
		"a size by words": {redo, map[string]string{"s:width,height": "640 by 480px"}, changed(foxRaw(), "width", "640", "height", "480")},
		"a square":        {redo, map[string]string{"s:width,height": "768"}, changed(foxRaw(), "width", "768", "height", "768")},
		"a shape":         {redo, map[string]string{"s:width,height": "16:9"}, changed(foxRaw(), "width", "680", "height", "384")},
		"a shape of a size": {command.Ask{Workflow: "txt2img", Raw: changed(foxRaw(), "width", "768", "height", "768")},
			map[string]string{"s:width,height": "16:9"}, changed(foxRaw(), "width", "1024", "height", "576")},
		"no size":             {redo, map[string]string{"s:width,height": " "}, changed(foxRaw(), "width", "∅", "height", "∅")},
		"numbers":             {redo, map[string]string{"n:steps,cfg,batch": "8/2.5/4"}, changed(foxRaw(), "steps", "8", "cfg", "2.5", "batch", "4")},
		"numbers with blanks": {redo, map[string]string{"n:steps,cfg,batch": "8 2.5, 4"}, changed(foxRaw(), "steps", "8", "cfg", "2.5", "batch", "4")},
		"fewer numbers":       {redo, map[string]string{"n:steps,cfg,batch": "8"}, changed(foxRaw(), "steps", "8")},
		"a number left out":   {redo, map[string]string{"n:steps,cfg,batch": "8 / / 2"}, changed(foxRaw(), "steps", "8", "cfg", "∅", "batch", "2")},
		"no numbers":          {redo, map[string]string{"n:steps,cfg,batch": ""}, changed(foxRaw(), "steps", "∅", "cfg", "∅", "batch", "∅")},
		"a new seed":          {redo, map[string]string{"p:seed": " "}, changed(foxRaw(), "seed", "∅")},
		"defaults stay out":   {command.Ask{Workflow: "test-animate"}, nil, map[string]string{}},
		"pairs":               {pattern, map[string]string{"m:center,softness": "center=red, softness=0.1"}, map[string]string{"center": "red", "softness": "0.1"}},
		"pairs taken back":    {pattern, map[string]string{"m:center,softness": "center=red"}, map[string]string{"center": "red"}},
		"other pairs":         {pattern, map[string]string{"m:center,softness": "width=64"}, map[string]string{"width": "64"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modal := opened(t, shop(), card.Redo, c.ask, nil)
			got := must[command.Ask](t)(shop().Fill(c.ask, command.EntryOf(filled(t, modal, c.fill))))
			if diff := cmp.Diff(c.want, got.Raw); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAModalThatCannotBeReadOpensAsItWas(t *testing.T) {
	t.Parallel()
	redo := must[command.Ask](t)(shop().Redo(fox(t), nil))
	for name, c := range map[string]struct {
		fill  map[string]string
		words []string
	}{
		"a size":          {map[string]string{"s:width,height": "wide"}, []string{"(size)", `cannot read "wide"`}},
		"an odd size":     {map[string]string{"s:width,height": "641x480"}, []string{"(width)", "641", "the nearest are 640 and 648"}},
		"too many":        {map[string]string{"n:steps,cfg,batch": "1/2/3/4"}, []string{"(Steps / Guidance / Pictures)", `4 values instead of 3: "1/2/3/4"`}},
		"out of range":    {map[string]string{"n:steps,cfg,batch": "999"}, []string{"(steps)", "999 is out of range: allowed is 1 to 150"}},
		"a decimal comma": {map[string]string{"n:steps,cfg,batch": "8 / 2,5"}, []string{"(cfg)", "write 2.5"}},
		"a seed":          {map[string]string{"p:seed": "lucky"}, []string{"(seed)", `"lucky"`}},
		"no words":        {map[string]string{"p:prompt": " "}, []string{"(prompt)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modal := opened(t, shop(), card.Redo, redo, nil)
			e := command.EntryOf(filled(t, modal, c.fill))
			got, err := shop().Fill(redo, e)
			wantError(t, err, job.CodeInvalid, c.words...)
			if diff := cmp.Diff(redo, got); diff != "" {
				t.Errorf("the order changed: %s", diff)
			}
			if diff := cmp.Diff(map[string]string(e), values(opened(t, shop(), card.Redo, redo, e))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestALoraThatIsTakenAwayTakesItsStrength(t *testing.T) {
	t.Parallel()
	m := menu(offer(t, "x", "image", "  - {name: lora, type: choice, choices: [a, b], bind: 1.a}\n  - {name: lora_strength, type: float, default: 1, bind: 1.b}\n"))
	a := command.Ask{Workflow: "x", Raw: map[string]string{"lora": "a", "lora_strength": "0.8"}}
	modal := opened(t, m, card.Redo, a, nil)
	got := must[command.Ask](t)(m.Fill(a, command.EntryOf(filled(t, modal, map[string]string{"p:lora": ""}))))
	if len(got.Raw) > 0 {
		t.Errorf("left is %v", got.Raw)
	}
	got = must[command.Ask](t)(m.Fill(a, command.EntryOf(filled(t, modal, map[string]string{"p:lora": "b", "p:lora_strength": "0.5"}))))
	if diff := cmp.Diff(map[string]string{"lora": "b", "lora_strength": "0.5"}, got.Raw); diff != "" {
		t.Error(diff)
	}
}

func TestALongTextStaysWhereItCannotBeShown(t *testing.T) {
	t.Parallel()
	m := menu(offer(t, "x", "image", "  - {name: prompt, type: text, required: true, max_length: 9000, bind: 1.a}\n  - {name: steps, type: integer, bind: 1.b}\n"))
	long := strings.Repeat("fox ", 1500)
	a := command.Ask{Workflow: "x", Raw: map[string]string{"prompt": long}}
	modal := opened(t, m, card.Redo, a, nil)
	if in := inputs(modal)["p:prompt"]; in.Value != "" || *in.Required || !strings.Contains(in.Placeholder, "keep the text") {
		t.Errorf("input %+v", in)
	}
	got := must[command.Ask](t)(m.Fill(a, command.EntryOf(filled(t, modal, map[string]string{"p:steps": "3"}))))
	if diff := cmp.Diff(map[string]string{"prompt": long, "steps": "3"}, got.Raw); diff != "" {
		t.Error(diff)
	}
	got = must[command.Ask](t)(m.Fill(a, command.EntryOf(filled(t, modal, map[string]string{"p:prompt": "short"}))))
	if got.Raw["prompt"] != "short" {
		t.Errorf("prompt %q", got.Raw["prompt"])
	}
}

func TestModalsOfLargeWorkflowsAreValid(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, c := range "abcdefghijklmnopqrstuvwxyzabcdefghij" {
		b.WriteString("  - {name: " + string(c) + strings.Repeat("_x", 14) + string(rune('a'+b.Len()%26)) + string(rune('a'+b.Len()/26%26)) +
			", type: text, title: " + strings.Repeat("é🦊", 30) + ", help: " + strings.Repeat("so 🦊 ", 60) + ", bind: 1.a" + "}\n")
	}
	m := menu(offer(t, "large", "image", b.String()))
	a := command.Ask{Workflow: "large", Raw: map[string]string{}}
	o, _ := m.Catalog.Find("large")
	for _, p := range o.Parameters {
		a.Raw[p.Name] = strings.Repeat("word ", 60)
	}
	modal := opened(t, m, card.Redo, a, nil)
	got := must[command.Ask](t)(m.Fill(a, command.EntryOf(filled(t, modal, map[string]string{"a:": "a_x=1"[:0]}))))
	if diff := cmp.Diff(a.Raw, got.Raw); diff != "" {
		t.Errorf("what could not be shown was lost: %s", diff)
	}
}

func FuzzEntry(f *testing.F) {
	f.Add("p:prompt", "x", "n:steps,cfg,batch", "1/2/3")
	f.Add("s:width,height", "16:9", "m:sampler,scheduler", "sampler=euler")
	f.Add("a:", "seed=1", "s:width", "")
	f.Add("n:", "1", "zebra", "x")
	f.Fuzz(func(t *testing.T, id1, v1, id2, v2 string) {
		for _, name := range []string{"txt2img", "test-pattern"} {
			a := command.Ask{Workflow: name, Raw: map[string]string{"width": "512"}}
			got, err := shop().Fill(a, command.Entry{id1: v1, id2: v2})
			if err != nil {
				wantError(t, err, job.CodeOf(err))
			} else if _, err := shop().Resolve(got); err != nil {
				t.Errorf("was taken, and is not allowed: %v", err)
			}
			if workflow.NewValue(a.Raw["width"]).String() != "512" {
				t.Error("the order was changed")
			}
		}
	})
}
