package command_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/discord/command"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// attached is the picture of file(option).
func attached(param, option string) command.Picture {
	return command.Picture{Param: param, URL: "https://cdn.discordapp.com/ephemeral-attachments/1/2/9" + option + ".png?ex=1",
		Name: "9" + option + ".png", Type: "image/png", Size: 1234}
}

func TestOptionsBecomeWhatTheWorkflowCallsThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command command.Name
		options []option
		want    command.Ask
	}{
		"the words alone": {command.Generate, []option{str("prompt", "a red fox")},
			command.Ask{Workflow: "txt2img", Raw: map[string]string{"prompt": "a red fox"}}},
		"every option": {command.Generate, []option{str("prompt", "fox"), str("model", "tiny"), str("lora", "tiny_lora"), num("lora_strength", 0.8),
			str("negative", "blurry"), whole("width", 640), whole("height", 512), whole("steps", 30), num("cfg", 6.5), whole("batch", 2),
			whole("seed", 1<<53-1), yes("private"), yes("spoiler"), str("more", "sampler=euler, scheduler=karras")},
			command.Ask{Workflow: "txt2img", Private: true, Spoiler: true, Raw: map[string]string{"prompt": "fox", "checkpoint": "tiny",
				"lora": "tiny_lora", "lora_strength": "0.8", "negative": "blurry", "width": "640", "height": "512", "steps": "30", "cfg": "6.5",
				"batch": "2", "seed": "9007199254740991", "sampler": "euler", "scheduler": "karras"}}},
		"a shape": {command.Generate, []option{str("prompt", "fox"), str("aspect", "16:9")},
			command.Ask{Workflow: "txt2img", Raw: map[string]string{"prompt": "fox", "width": "680", "height": "384"}}},
		"a shape and one side": {command.Generate, []option{str("prompt", "fox"), str("aspect", "9:16"), whole("width", 512)},
			command.Ask{Workflow: "txt2img", Raw: map[string]string{"prompt": "fox", "width": "512", "height": "912"}}},
		"a workflow by its title": {command.Generate, []option{str("workflow", "test PATTERN"), whole("batch", 3)},
			command.Ask{Workflow: "test-pattern", Raw: map[string]string{"batch": "3"}}},
		"another kind through /generate": {command.Generate, []option{str("workflow", "test-upscale"), file("image"), str("more", "factor=4")},
			command.Ask{Workflow: "test-upscale", Raw: map[string]string{"factor": "4"}, Pictures: []command.Picture{attached("image", "image")}}},
		"two pictures": {command.Edit, []option{str("workflow", "test-edit"), file("image2"), file("image"), num("strength", 0.5)},
			command.Ask{Workflow: "test-edit", Raw: map[string]string{"strength": "0.5"},
				Pictures: []command.Picture{attached("image", "image"), attached("second", "image2")}}},
		"a mask": {command.Edit, []option{file("image"), file("mask"), str("prompt", "a door")},
			command.Ask{Workflow: "test-inpaint", Raw: map[string]string{"prompt": "a door"},
				Pictures: []command.Picture{attached("image", "image"), attached("mask", "mask")}}},
		"a factor":             {command.Upscale, []option{file("image"), num("factor", 8)}, command.Ask{Workflow: "test-upscale", Raw: map[string]string{"factor": "8"}, Pictures: []command.Picture{attached("image", "image")}}},
		"a picture that moves": {command.Animate, []option{file("image"), whole("frames", 16)}, command.Ask{Workflow: "test-animate", Raw: map[string]string{"frames": "16"}, Pictures: []command.Picture{attached("image", "image")}}},
		"a video of nothing":   {command.Animate, []option{whole("frames", 16)}, command.Ask{Workflow: "test-video", Raw: map[string]string{"frames": "16"}}},
		"nothing at all":       {command.Generate, nil, command.Ask{Workflow: "txt2img", Setup: true, Raw: map[string]string{}}},
		"all but the words":    {command.Generate, []option{whole("steps", 9)}, command.Ask{Workflow: "txt2img", Setup: true, Raw: map[string]string{"steps": "9"}}},
		"blank words":          {command.Generate, []option{str("prompt", "  ")}, command.Ask{Workflow: "txt2img", Setup: true, Raw: map[string]string{"prompt": "  "}}},
		"a key in another spelling": {command.Generate, []option{str("prompt", "x"), str("more", "Model=tiny CFG=3 lora-strength=1")},
			command.Ask{Workflow: "txt2img", Raw: map[string]string{"prompt": "x", "checkpoint": "tiny", "cfg": "3", "lora_strength": "1"}}},
		"a seed beyond Discord's numbers": {command.Generate, []option{str("prompt", "x"), str("more", "seed=18446744073709551615")},
			command.Ask{Workflow: "txt2img", Raw: map[string]string{"prompt": "x", "seed": "18446744073709551615"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := must[command.Ask](t)(shop().Parse(typed(t, c.command, c.options...)))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatCannotBeMeantIsToldInWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command command.Name
		options []option
		code    job.Code
		words   []string
	}{
		"options that the workflow lacks": {command.Generate, []option{str("workflow", "test-pattern"), str("prompt", "x"), str("lora", "y")}, job.CodeInvalid,
			[]string{"test-pattern has no lora and prompt", "it takes aspect, width, height and batch", "in `more` ground, color, center and softness", "another workflow has it: txt2img"}},
		"a picture too many": {command.Edit, []option{file("image"), file("image3")}, job.CodeInvalid, []string{"test-inpaint has no image3; it takes image, prompt, mask and strength, and in `more` color"}},
		"a mask that is not taken": {command.Edit, []option{str("workflow", "test-edit"), file("image"), file("mask")}, job.CodeInvalid,
			[]string{"test-edit has no mask", "another workflow has it: test-inpaint"}},
		"a picture for words only": {command.Generate, []option{str("prompt", "x"), str("workflow", "txt2img"), file("image")}, job.CodeInvalid, []string{"txt2img has no image", "other workflows have it"}},
		"a shape without sides":    {command.Generate, []option{str("workflow", "test-upscale"), str("aspect", "1:1")}, job.CodeInvalid, []string{"test-upscale has no aspect"}},
		"too many sides":           {command.Generate, []option{str("prompt", "x"), str("aspect", "1:1"), whole("width", 64), whole("height", 64)}, job.CodeInvalid, []string{"(aspect): the shape follows"}},
		"no shape":                 {command.Generate, []option{str("prompt", "x"), str("aspect", "wide")}, job.CodeInvalid, []string{`"wide" is no shape: write it as 16:9`}},
		"no such workflow":         {command.Generate, []option{str("workflow", "txt2imgs")}, job.CodeUnknown, []string{`"txt2imgs"`, "did you mean txt2img"}},
		"no such key":              {command.Generate, []option{str("prompt", "x"), str("more", "sampel=euler")}, job.CodeInvalid, []string{`txt2img has no parameter "sampel"; it has prompt, negative, checkpoint`}},
		"given twice":              {command.Generate, []option{str("prompt", "x"), whole("steps", 3), str("more", "steps=4")}, job.CodeInvalid, []string{`"steps" is given twice`}},
		"given twice by synonyms":  {command.Generate, []option{str("prompt", "x"), str("more", "model=a, checkpoint=b")}, job.CodeInvalid, []string{"is given twice"}},
		"a picture as text":        {command.Edit, []option{file("image"), str("more", "mask=x.png")}, job.CodeInvalid, []string{`"mask" is a picture: attach it`}},
		"no pairs":                 {command.Generate, []option{str("prompt", "x"), str("more", "sharp please")}, job.CodeInvalid, []string{`(more): write key=value, such as sampler=euler; cannot read "sharp please"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := shop().Parse(typed(t, c.command, c.options...))
			wantError(t, err, c.code, c.words...)
		})
	}
}

func TestAFileThatDiscordDidNotSendIsMissed(t *testing.T) {
	t.Parallel()
	i := interaction(t, 2, "100", map[string]any{"id": "7", "name": "upscale", "type": 1, "options": []option{file("image")}})
	_, err := shop().Parse(i)
	wantError(t, err, job.CodeInvalid, "(image)", "Discord sent no file")
}

func TestParameterNamesOfManyKindsAreUnderstood(t *testing.T) {
	t.Parallel()
	c := menu(offer(t, "odd", "image", `
  - {name: positive, type: text, bind: 1.a}
  - {name: wan, type: choice, choices_from: diffusion, bind: 1.b}
  - {name: extra, type: choice, choices_from: LoraLoaderModelOnly.lora_name, bind: 1.c}
  - {name: guidance_scale, type: float, bind: 1.d}
  - {name: noise_seed, type: seed, bind: 1.e}
  - {name: count, type: integer, bind: 1.f}
  - {name: denoise, type: float, bind: 1.g}
`))
	got := must[command.Ask](t)(c.Parse(typed(t, command.Generate, str("prompt", "p"), str("model", "m"), str("lora", "l"), num("cfg", 1), whole("seed", 2), whole("batch", 3), num("strength", 0.5))))
	want := map[string]string{"positive": "p", "wan": "m", "extra": "l", "guidance_scale": "1", "noise_seed": "2", "count": "3", "denoise": "0.5"}
	if diff := cmp.Diff(want, got.Raw); diff != "" {
		t.Error(diff)
	}
}

func TestAParameterOfAnotherTypeIsNotMeant(t *testing.T) {
	t.Parallel()
	m := menu(offer(t, "x", "image", "  - {name: seed, type: text, bind: 1.a}\n  - {name: noise_seed, type: seed, bind: 1.b}\n  - {name: steps, type: bool, bind: 1.c}\n"))
	a := must[command.Ask](t)(m.Parse(typed(t, command.Generate, whole("seed", 3))))
	if diff := cmp.Diff(map[string]string{"noise_seed": "3"}, a.Raw); diff != "" {
		t.Error(diff)
	}
	_, err := m.Parse(typed(t, command.Generate, whole("steps", 3)))
	wantError(t, err, job.CodeInvalid, "x has no steps; it takes seed, and in `more` seed and steps")
}

func TestADefaultWorkflowIsFound(t *testing.T) {
	t.Parallel()
	words := "  - {name: prompt, type: text, required: true, bind: 1.a}\n"
	plain := "  - {name: steps, type: integer, bind: 1.b}\n"
	picture := "  - {name: image, type: picture, required: true, bind: 1.c}\n"
	broken := offer(t, "aa", "image", words)
	broken.Problems = []workflow.Problem{{Text: "the server has no node X", Code: job.CodeMissingModel}}
	all := []workflow.Offer{broken, offer(t, "test-words", "image", words), offer(t, "of-a-picture", "image", words+picture),
		offer(t, "plain", "image", plain), offer(t, "words", "image", words), offer(t, "words2", "image", words),
		offer(t, "asks", "upscale", words+picture), offer(t, "just", "upscale", picture)}
	for name, c := range map[string]struct {
		menu    command.Menu
		kind    workflow.Kind
		picture bool
		want    string
	}{
		"with words, no test, no picture": {menu(all...), "image", false, "words"},
		"that takes the picture":          {menu(all...), "image", true, "of-a-picture"},
		"that asks nothing of a click":    {menu(all...), "upscale", true, "just"},
		"that one picture is enough for":  {menu(offer(t, "two", "edit", picture+strings.ReplaceAll(picture, "image", "second")), offer(t, "test-one", "edit", picture)), "edit", true, "test-one"},
		"whatever there is":               {menu(all[0], all[1]), "image", false, "test-words"},
		"the one that is set":             {command.Menu{Catalog: menu(all...).Catalog, Defaults: map[workflow.Kind]string{"image": "plain"}}, "image", false, "plain"},
	} {
		o, err := c.menu.Default(c.kind, c.picture)
		if err != nil || o.Name != c.want {
			t.Errorf("%s: %s, %v, want %s", name, o.Name, err, c.want)
		}
	}
	for name, c := range map[string]struct {
		menu  command.Menu
		kind  workflow.Kind
		code  job.Code
		words string
	}{
		"broken":           {menu(broken), "image", job.CodeMissingModel, "aa cannot be used: the server has no node X"},
		"none":             {menu(all...), "video", job.CodeUnknown, "test-words, of-a-picture"},
		"no catalog":       {menu(), "image", job.CodeBridgeOffline, "which workflows there are"},
		"a broken default": {command.Menu{Catalog: menu(all...).Catalog, Defaults: map[workflow.Kind]string{"image": "aa"}}, "image", job.CodeMissingModel, "cannot be used"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := c.menu.Default(c.kind, false)
			wantError(t, err, c.code, c.words)
		})
	}
	_, err := menu().Resolve(command.Ask{Workflow: "txt2img"}) // although one was named
	wantError(t, err, job.CodeBridgeOffline, "which workflows there are")
}

func TestANewWorkflowIsAChoiceAtOnce(t *testing.T) {
	t.Parallel()
	before := shop()
	fresh := offer(t, "brand-new", "image", "  - {name: depth, type: integer, bind: 1.a}\n")
	fresh.Kind = "hologram" // of a newer bridge
	after := menu(append(before.Catalog.Usable(), fresh)...)
	if got := after.Suggest(typing(t, command.Generate, focus("workflow", "brand")), nil); len(got) != 1 || got[0].Value != "brand-new" {
		t.Errorf("suggested %v", got)
	}
	a := must[command.Ask](t)(after.Parse(typed(t, command.Generate, str("workflow", "brand-new"), str("more", "depth=3"))))
	if p := must[job.Params](t)(after.Resolve(a)); workflow.NewValue(p["depth"]).String() != "3" {
		t.Errorf("params %v", p)
	}
	if !command.Same(command.Definitions(before.Catalog, command.Options{}), command.Definitions(after.Catalog, command.Options{})) {
		t.Error("it had to be registered anew")
	}
}

func TestResolveChecksPicturesToo(t *testing.T) {
	t.Parallel()
	_, err := shop().Resolve(command.Ask{Workflow: "test-edit"})
	wantError(t, err, job.CodeInvalid, "(image): a picture is missing")
	if _, err = shop().Resolve(command.Ask{Workflow: "test-edit", Pictures: []command.Picture{{Param: "image"}}}); err != nil {
		t.Error(err)
	}
}

func TestJobsAreNamedByTheirID(t *testing.T) {
	t.Parallel()
	id := job.NewID()
	for _, s := range []string{id.String(), " `" + id.String() + "` ", strings.ToUpper(id.String())} {
		if got, err := command.JobOf(typed(t, command.Show, str("job", s))); err != nil || got != id {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	_, err := command.JobOf(typed(t, command.Cancel, str("job", "the fox")))
	wantError(t, err, job.CodeNotFound, `"the fox" is no job's id`)
}
