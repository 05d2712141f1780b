package command_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/command"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// fox is a request as it was recorded.
func fox(t testing.TB) job.Request {
	t.Helper()
	p := must[job.Params](t)(shop().Catalog.Resolve("txt2img", map[string]string{"prompt": "a red fox", "seed": "18446744073709551615",
		"steps": "30", "lora": "tiny_lora", "lora_strength": "0.8"}))
	return job.Request{ID: job.NewID(), Workflow: "txt2img", Params: p}
}

func foxRaw() map[string]string {
	return map[string]string{"prompt": "a red fox", "negative": "", "checkpoint": "tiny.safetensors", "lora": "tiny_lora.safetensors", "lora_strength": "0.8",
		"width": "512", "height": "512", "steps": "30", "cfg": "7", "sampler": "euler", "scheduler": "normal", "seed": "18446744073709551615", "batch": "1"}
}

func without(raw map[string]string, names ...string) map[string]string {
	for _, name := range names {
		delete(raw, name)
	}
	return raw
}

func TestVaryIsTheSameWithANewSeed(t *testing.T) {
	t.Parallel()
	r := fox(t)
	a := must[command.Ask](t)(shop().Vary(r))
	if diff := cmp.Diff(command.Ask{Workflow: "txt2img", Raw: without(foxRaw(), "seed")}, a); diff != "" {
		t.Error(diff)
	}
	p := must[job.Params](t)(shop().Resolve(a))
	if p["seed"] == r.Params["seed"] || p["steps"] != r.Params["steps"] {
		t.Errorf("params %v", p)
	}
}

func TestRedoIsTheSameButForWhatIsGiven(t *testing.T) {
	t.Parallel()
	a := must[command.Ask](t)(shop().Redo(fox(t), map[string]string{"steps": "5"}))
	want := foxRaw()
	want["steps"] = "5"
	if diff := cmp.Diff(command.Ask{Workflow: "txt2img", Raw: want}, a); diff != "" {
		t.Error(diff)
	}
	same := must[job.Params](t)(shop().Resolve(must[command.Ask](t)(shop().Redo(fox(t), nil))))
	if diff := cmp.Diff(fox(t).Params, same); diff != "" {
		t.Error(diff)
	}
}

func TestPicturesThatWerePutInStay(t *testing.T) {
	t.Parallel()
	r := job.Request{Workflow: "test-inpaint", Params: job.Params{"prompt": "a door"}, Inputs: map[string]string{"image": "in/1", "mask": "in/2"}}
	a := must[command.Ask](t)(shop().Redo(r, nil))
	want := []command.Picture{{Param: "image", Input: "in/1"}, {Param: "mask", Input: "in/2"}}
	if diff := cmp.Diff(want, a.Pictures); diff != "" {
		t.Error(diff)
	}
	_, err := shop().Vary(r)
	wantError(t, err, job.CodeInvalid, "test-inpaint has no seed and makes the same each time")
}

func TestWhatAWorkflowNoLongerTakesIsSaid(t *testing.T) {
	t.Parallel()
	r := fox(t)
	r.Params["clip_skip"], r.Inputs = "2", map[string]string{"image": "in/1"}
	a := must[command.Ask](t)(shop().Vary(r))
	if diff := cmp.Diff([]string{"txt2img no longer has clip_skip and image: left out"}, a.Notes); diff != "" {
		t.Error(diff)
	}
	r.Workflow = "gone"
	_, err := shop().Redo(r, nil)
	wantError(t, err, job.CodeUnknown, `"gone"`)
}

func TestAPictureGoesIntoTheNextWorkflow(t *testing.T) {
	t.Parallel()
	r := fox(t)
	s := command.Source{Request: &r, Picture: command.Picture{Result: "j/1-1.png", Name: "out.png", Type: "image/png"}}
	picture := s.Picture
	picture.Param = "image"
	words := offer(t, "words", "upscale", "  - {name: image, type: picture, bind: 1.a}\n  - {name: positive, type: text, max_length: 100, bind: 1.b}\n"+
		"  - {name: denoise, type: float, default: 0.3, bind: 1.c}\n")
	txt2img, _ := shipped().Find("txt2img")
	short := words
	short.Parameters = slices.Clone(words.Parameters)
	short.Parameters[1].MaxLength = 8
	for name, c := range map[string]struct {
		call func(command.Menu) (command.Ask, error)
		menu command.Menu
		want command.Ask
	}{
		"upscale":    {func(m command.Menu) (command.Ask, error) { return m.Upscale(s, "4") }, shop(), command.Ask{Workflow: "test-upscale", Raw: map[string]string{"factor": "4"}}},
		"by its own": {func(m command.Menu) (command.Ask, error) { return m.Upscale(s, "") }, shop(), command.Ask{Workflow: "test-upscale", Raw: map[string]string{}}},
		"with the words": {func(m command.Menu) (command.Ask, error) { return m.Upscale(s, "2") }, menu(append(shop().Catalog.Usable(), words)...),
			command.Ask{Workflow: "words", Raw: map[string]string{"positive": "a red fox"}, Notes: []string{"words has one factor only: 2× was left out"}}},
		"with too many words": {func(m command.Menu) (command.Ask, error) { return m.Upscale(s, "") }, menu(short, txt2img),
			command.Ask{Workflow: "words", Raw: map[string]string{}, Notes: []string{"words takes 8 characters of positive, and the picture's has more: left out"}}},
		"edit":    {func(m command.Menu) (command.Ask, error) { return m.Edit(s) }, shop(), command.Ask{Workflow: "test-inpaint", Raw: map[string]string{}}},
		"animate": {func(m command.Menu) (command.Ask, error) { return m.Animate(s) }, shop(), command.Ask{Workflow: "test-animate", Raw: map[string]string{}}},
	} {
		got, err := c.call(c.menu)
		c.want.Pictures = []command.Picture{picture}
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
		if _, err := c.menu.Resolve(got); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.Workflow = "test-edit"
	if a := must[command.Ask](t)(shop().Edit(s)); a.Workflow != "test-edit" {
		t.Errorf("edited by %s", a.Workflow)
	}
	s.Workflow = ""
	noPicture := command.Menu{Catalog: shipped(), Defaults: map[workflow.Kind]string{"video": "test-video"}}
	_, err := noPicture.Animate(s)
	wantError(t, err, job.CodeInvalid, "test-video takes no picture")
}

func TestResultsAreCountedAsTheirButtonsCountThem(t *testing.T) {
	t.Parallel()
	s := job.State{Results: []job.Result{{Name: "j/1.mp4", Type: "video/mp4"}, {Name: "j/2.png", File: "a.png", Type: "image/png", Size: 7}}}
	got, err := command.PictureOf(s, 1)
	if diff := cmp.Diff(command.Picture{Result: "j/2.png", Name: "a.png", Type: "image/png", Size: 7}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	for _, n := range []int{-1, 0, 2} {
		_, err := command.PictureOf(s, n)
		wantError(t, err, job.CodeInvalid, "no number")
	}
}

func TestButtonsOrderWhatTheirClicksTake(t *testing.T) {
	t.Parallel()
	want := card.Actions{Upscale: "test-upscale", Parameter: "factor", Factors: []string{"2", "4", "8"}, Edit: "test-inpaint", Animate: "test-animate"}
	if diff := cmp.Diff(want, shop().Actions()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(card.Actions{}, command.Menu{}.Actions()); diff != "" {
		t.Error(diff)
	}
	times := menu(offer(t, "up", "upscale", "  - {name: image, type: picture, bind: 1.a}\n  - {name: scale, type: choice, choices: [2x, 3x, 4x], bind: 1.b}\n"))
	if diff := cmp.Diff(card.Actions{Upscale: "up", Parameter: "scale", Factors: []string{"2x", "4x"}}, times.Actions()); diff != "" {
		t.Error(diff)
	}
	unknown := menu(offer(t, "up", "upscale", "  - {name: image, type: picture, bind: 1.a}\n  - {name: scale, type: choice, bind: 1.b}\n"))
	if diff := cmp.Diff(card.Actions{Upscale: "up", Parameter: "scale"}, unknown.Actions()); diff != "" {
		t.Errorf("a list that is not known: %s", diff)
	}
}

func TestThePromptOfARequestIsKnown(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]job.Request{"a red fox": fox(t), "words": {Workflow: "gone", Params: job.Params{"positive": "words"}}, "": {Workflow: "test-video"}} {
		if got := shop().Prompt(r); got != want {
			t.Errorf("%s: %q, want %q", r.Workflow, got, want)
		}
	}
}

func TestPicturesOfAMessageAreFound(t *testing.T) {
	t.Parallel()
	png := resolvedFile("1")
	clip := map[string]any{"id": "2", "filename": "a.mp4", "content_type": "video/mp4", "url": "https://cdn.discordapp.com/attachments/1/2/a.mp4"}
	bare := map[string]any{"id": "3", "filename": "b.WEBP", "url": "https://cdn.discordapp.com/attachments/1/2/b.WEBP"}
	embed := func(url string) map[string]any { return map[string]any{"image": map[string]any{"url": url}} }
	target := func(files, embeds []any) any {
		return map[string]any{"id": "7", "name": "Upscale", "type": 3, "target_id": "55", "resolved": map[string]any{"messages": map[string]any{
			"55": map[string]any{"id": "55", "channel_id": "8", "attachments": files, "embeds": embeds}}}}
	}
	i := interaction(t, 2, "100", target([]any{png, clip, bare}, []any{embed("https://cdn.discordapp.com/attachments/1/2/e.png?ex=1"), embed("https://example.org/x.png")}))
	if command.Of(i) != command.UpscaleMessage {
		t.Errorf("command %q", command.Of(i))
	}
	var names []string
	for _, p := range must[[]command.Picture](t)(command.Target(i)) {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"1.png", "b.WEBP", "e.png"}, names); diff != "" {
		t.Error(diff)
	}
	_, err := command.Target(interaction(t, 2, "100", target([]any{clip}, nil)))
	wantError(t, err, job.CodeInvalid, "there is no picture on that message")
}
