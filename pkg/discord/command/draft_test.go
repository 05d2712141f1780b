package command_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/command"
	"discomfy/pkg/job"
)

// desk is a person at a set-up card.
type desk struct {
	t     *testing.T
	menu  command.Menu
	draft command.Draft
	card  api.Message
}

func sit(t *testing.T, m command.Menu, a command.Ask) *desk {
	t.Helper()
	d := &desk{t: t, menu: m, draft: command.Draft{ID: "1234567890123456789", Asker: "100", Ask: a, Created: time.Unix(1, 0).UTC()}}
	d.card = m.SetupCard(d.draft)
	validCard(t, d.card)
	return d
}

// controls are the card's buttons and selects by what they are called: a
// button by its label, a select by what is set.
func (d *desk) controls() (buttons map[string]discordgo.Button, selects map[string]discordgo.SelectMenu) {
	buttons, selects = map[string]discordgo.Button{}, map[string]discordgo.SelectMenu{}
	for _, row := range d.card.Components {
		for _, c := range row.(discordgo.ActionsRow).Components {
			switch c := c.(type) {
			case discordgo.Button:
				buttons[c.Label] = c
			case discordgo.SelectMenu:
				id, err := card.ParseID(c.CustomID)
				if err != nil {
					d.t.Fatal(err)
				}
				selects[id.Arg] = c
			}
		}
	}
	return buttons, selects
}

// do applies an interaction, stores and shows what comes of it.
func (d *desk) do(i api.Interaction) command.Step {
	d.t.Helper()
	s, err := d.menu.Apply(d.draft, i)
	if err != nil {
		d.t.Fatal(err)
	}
	if s.Changed {
		data, err := json.Marshal(s.Draft)
		if err != nil {
			d.t.Fatal(err)
		}
		if d.draft, err = command.ParseDraft(data); err != nil {
			d.t.Fatal(err)
		}
	}
	if s.Card != nil {
		d.card = d.menu.SetupCard(d.draft)
		validCard(d.t, d.card)
		if diff := cmp.Diff(*s.Card, d.card, cmp.AllowUnexported(api.Message{})); diff != "" {
			d.t.Errorf("the card is not that of the stored draft: %s", diff)
		}
	}
	if s.Modal != nil {
		validModal(d.t, *s.Modal)
	}
	return s
}

func (d *desk) press(label string) command.Step {
	d.t.Helper()
	buttons, _ := d.controls()
	b, ok := buttons[label]
	if !ok || b.Disabled {
		d.t.Fatalf("%s cannot be pressed; there are %v", label, buttons)
	}
	return d.do(clicked(d.t, "100", b.CustomID))
}

// pick chooses the option with that label, or that begins so.
func (d *desk) pick(set, label string) command.Step {
	d.t.Helper()
	_, selects := d.controls()
	for _, o := range selects[set].Options {
		if strings.HasPrefix(o.Label, label) {
			return d.do(clicked(d.t, "100", selects[set].CustomID, o.Value))
		}
	}
	d.t.Fatalf("%s has no %s: %v", set, label, selects[set].Options)
	return command.Step{}
}

func (d *desk) submit(m api.Modal, changes map[string]string) command.Step {
	d.t.Helper()
	return d.do(filled(d.t, m, changes))
}

func (d *desk) labels(set string) []string {
	_, selects := d.controls()
	var all []string
	for _, o := range selects[set].Options {
		all = append(all, o.Label)
	}
	return all
}

func TestAnOrderIsPutTogetherByClicking(t *testing.T) {
	t.Parallel()
	d := sit(t, shop(), must[command.Ask](t)(shop().Parse(typed(t, command.Generate))))
	if buttons, _ := d.controls(); !buttons["Generate"].Disabled {
		t.Error("Generate can be pressed without words")
	}
	d.submit(*d.press("Describe it").Modal, map[string]string{"p:prompt": "a red fox", "n:steps,cfg,batch": "8/7/1"})
	d.pick("lora", "tiny_lora")
	d.submit(*d.press("LoRA strength").Modal, map[string]string{"p:lora_strength": "0.5"})
	d.submit(*d.press("More settings").Modal, map[string]string{"p:sampler": "euler"})
	s := d.press("Generate")
	want := command.Ask{Workflow: "txt2img", Raw: map[string]string{"prompt": "a red fox", "steps": "8", "lora": "tiny_lora.safetensors", "lora_strength": "0.5"}}
	if s.Ask == nil || cmp.Diff(want, *s.Ask) != "" {
		t.Errorf("ordered %+v, want %+v", s.Ask, want)
	}
}

func TestDefaultsAreOneClick(t *testing.T) {
	t.Parallel()
	d := sit(t, shop(), must[command.Ask](t)(shop().Parse(typed(t, command.Generate, str("workflow", "test-pattern")))))
	if s := d.press("Generate"); s.Ask == nil {
		t.Errorf("step %+v", s)
	}
}

func TestTheSetUpCardIsAsWritten(t *testing.T) {
	t.Parallel()
	d := sit(t, shop(), command.Ask{Workflow: "txt2img", Raw: map[string]string{"prompt": "a `red` *fox* ```", "lora": "tiny_lora.safetensors"}, Notes: []string{"a note_"}})
	golden(t, "setup", map[string]any{"embeds": d.card.Embeds, "components": d.card.Components})
}

func TestAnotherWorkflowKeepsWhatDescribesThePicture(t *testing.T) {
	t.Parallel()
	words := offer(t, "words", "image", "  - {name: positive, type: text, bind: 1.a}\n  - {name: count, type: integer, bind: 1.b}\n  - {name: steps, type: integer, default: 4, bind: 1.c}\n")
	m := menu(append(shop().Catalog.Usable(), words)...)
	d := sit(t, m, command.Ask{Workflow: "txt2img", Raw: map[string]string{"prompt": "fox", "steps": "30", "batch": "2", "lora": "tiny_lora.safetensors"}})
	d.pick("workflow", "words")
	if diff := cmp.Diff(map[string]string{"positive": "fox", "count": "2"}, d.draft.Ask.Raw); diff != "" || d.draft.Ask.Workflow != "words" {
		t.Error(d.draft.Ask.Workflow, diff)
	}
	pics := []command.Picture{{Param: "image", URL: "https://x/1"}, {Param: "mask", URL: "https://x/2", Name: "m.png"}}
	e := sit(t, shop(), command.Ask{Workflow: "test-inpaint", Pictures: pics})
	e.pick("workflow", "Test edit")
	if diff := cmp.Diff(pics[:1], e.draft.Ask.Pictures); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"test-edit does not take the picture m.png: left out"}, e.draft.Ask.Notes); diff != "" {
		t.Error(diff)
	}
}

func TestWhatWasTypedWronglyIsNotLost(t *testing.T) {
	t.Parallel()
	d := sit(t, shop(), command.Ask{Workflow: "txt2img", Raw: map[string]string{"prompt": "fox"}})
	d.submit(*d.press("Settings").Modal, map[string]string{"p:prompt": "a long story", "n:steps,cfg,batch": "999/7/1"})
	if text := d.card.Embeds[0].Description; !strings.Contains(text, "999 is out of range") || !strings.Contains(text, "a long story") {
		t.Errorf("the card says %q", text)
	}
	modal := *d.press("Correct it").Modal
	if v := inputs(modal); v["p:prompt"].Value != "a long story" || v["n:steps,cfg,batch"].Value != "999/7/1" {
		t.Errorf("opened with %v", v)
	}
	d.submit(modal, map[string]string{"n:steps,cfg,batch": "99/7/1"})
	if d.draft.Fault != "" || d.draft.Typed != nil || d.draft.Ask.Raw["prompt"] != "a long story" {
		t.Errorf("draft %+v", d.draft)
	}
}

func TestADirectModalOrdersAtOnce(t *testing.T) {
	t.Parallel()
	d := sit(t, shop(), command.Ask{Workflow: "txt2img", Raw: map[string]string{}})
	d.draft.Direct = true
	modal, ok := d.menu.DraftModal(d.draft)
	if !ok {
		t.Fatal("no modal")
	}
	validModal(t, modal)
	if s := d.submit(modal, map[string]string{"p:prompt": "fox", "p:seed": "x"}); s.Card == nil || d.draft.Fault == "" {
		t.Fatalf("step %+v", s)
	}
	if s := d.submit(*d.press("Correct it").Modal, map[string]string{"p:seed": "7"}); s.Ask == nil || s.Ask.Raw["prompt"] != "fox" || s.Ask.Raw["seed"] != "7" {
		t.Errorf("step %+v", s)
	}
}

func TestALongListHasPagesAndASearch(t *testing.T) {
	t.Parallel()
	m := manyLoras(5000)
	d := sit(t, m, command.Ask{Workflow: "txt2img", Raw: map[string]string{"prompt": "fox"}})
	if got := d.labels("lora"); len(got) != 23 || got[0] != "No LoRA" || got[1] != "style_0000.safetensors" || got[21] != "› 4980 more" || got[22] != "Search among 5000 …" {
		t.Errorf("first page %q", got)
	}
	d.pick("lora", "›")
	d.pick("lora", "›")
	if got := d.labels("lora"); !slices.Contains(got, "style_0040.safetensors") || !slices.Contains(got, "‹ 40 before") {
		t.Errorf("third page %q", got)
	}
	d.pick("lora", "‹")
	d.submit(*d.pick("lora", "Search").Modal, map[string]string{"search": "number 4329"})
	if got := d.labels("lora"); len(got) != 4 || !strings.HasSuffix(got[1], "number 4329.safetensors") || got[3] != `Show all again (now 1 with "number 4329")` {
		t.Errorf("found %q", got)
	}
	d.pick("lora", "a very long folder")
	if got := d.draft.Ask.Raw["lora"]; got != loraName(4329) {
		t.Errorf("chosen %q", got)
	}
	d.pick("lora", "Show all")
	if got := d.labels("lora"); len(got) != 23 {
		t.Errorf("all again: %q", got)
	}
	d.submit(*d.pick("lora", "Search").Modal, map[string]string{"search": "no such thing"})
	if got := d.labels("lora"); len(got) != 3 {
		t.Errorf("nothing found: %q", got)
	}
	d.draft.Pages, d.draft.Search = map[string]int{"lora": 9999}, nil
	d.card = m.SetupCard(d.draft)
	if got := d.labels("lora"); !slices.Contains(got, "style_4998.safetensors") {
		t.Errorf("beyond the last page: %q", got)
	}
	d.submit(*d.press("LoRA strength").Modal, map[string]string{"p:lora_strength": "0.5"})
	d.pick("lora", "No LoRA")
	if diff := cmp.Diff(map[string]string{"prompt": "fox"}, d.draft.Ask.Raw); diff != "" {
		t.Errorf("the LoRA is still there: %s", diff)
	}
}

func TestNamesBeyondAnOpenListCanBeTyped(t *testing.T) {
	t.Parallel()
	m := manyLoras(30)
	o := m.Catalog.Offers[0]
	for i, p := range o.Parameters {
		if p.Name == "lora" {
			o.Parameters[i].Open = true
		}
	}
	d := sit(t, menu(o), command.Ask{Workflow: "txt2img", Raw: map[string]string{"prompt": "fox"}})
	if got := d.labels("lora"); len(got) != 23 {
		t.Errorf("listed %q", got)
	}
	d.submit(*d.press("More settings").Modal, map[string]string{"p:lora": "beyond.safetensors"})
	if _, selects := d.controls(); selects["lora"].Placeholder != "LoRA: beyond.safetensors" {
		t.Errorf("placeholder %q", selects["lora"].Placeholder)
	}
}

func TestOnlyTheOwnerUsesTheCard(t *testing.T) {
	t.Parallel()
	d := sit(t, shop(), command.Ask{Workflow: "txt2img"})
	buttons, _ := d.controls()
	_, err := d.menu.Apply(d.draft, clicked(t, "200", buttons["Close"].CustomID))
	wantError(t, err, job.CodeInvalid, "only who opened this card")
	if s := d.press("Close"); !s.Close {
		t.Errorf("step %+v", s)
	}
}

func TestOddClicksAreAnsweredInWords(t *testing.T) {
	t.Parallel()
	d := sit(t, shop(), command.Ask{Workflow: "txt2img"})
	for name, i := range map[string]api.Interaction{
		"of another card":    clicked(t, "100", card.ID{Verb: card.Discard, Draft: "2"}.String()),
		"of a job":           clicked(t, "100", card.ID{Verb: card.Discard, Job: job.NewID()}.String()),
		"no id":              clicked(t, "100", "zebra"),
		"another verb":       clicked(t, "100", card.ID{Verb: card.Delete, Draft: d.draft.ID}.String()),
		"a list that is not": clicked(t, "100", card.ID{Verb: card.Set, Draft: d.draft.ID, Arg: "zebra"}.String(), "=x"),
		"a choice gone":      clicked(t, "100", card.ID{Verb: card.Set, Draft: d.draft.ID, Arg: "lora"}.String(), "=gone"),
		"a list unanswered":  clicked(t, "100", card.ID{Verb: card.Set, Draft: d.draft.ID, Arg: "lora"}.String()),
		"a command":          typed(t, command.Generate),
	} {
		if s, err := d.menu.Apply(d.draft, i); job.CodeOf(err) != job.CodeInvalid {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

func TestACardOfAWorkflowThatIsGoneCanBeClosed(t *testing.T) {
	t.Parallel()
	d := sit(t, shop(), command.Ask{Workflow: "gone", Raw: map[string]string{"prompt": "x"}, Private: true})
	if !d.card.Ephemeral {
		t.Error("a private order's card is public")
	}
	if s := d.press("Close"); !s.Close {
		t.Errorf("step %+v", s)
	}
	if s := d.do(clicked(t, "100", card.ID{Verb: card.Generate, Draft: d.draft.ID}.String())); s.Card == nil || !strings.Contains(s.Draft.Fault, "unknown workflow") {
		t.Errorf("step %+v", s)
	}
}

func TestDraftsAreReadBackOrRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "{", `{"id":""}`, `{"id":"1"}`, `[]`} {
		if _, err := command.ParseDraft([]byte(s)); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
}

func TestCardsAreValidWhateverTheyHold(t *testing.T) {
	t.Parallel()
	nasty := strings.Repeat("`*_~|<@1> ``` é🦊\n", 200)
	a := command.Ask{Workflow: "txt2img", Raw: map[string]string{}}
	for _, name := range []string{"prompt", "negative", "checkpoint", "lora", "sampler", "steps", "zebra"} {
		a.Raw[name] = nasty
	}
	for i := range 10 {
		a.Notes = append(a.Notes, nasty)
		a.Pictures = append(a.Pictures, command.Picture{Param: fmt.Sprint("p", i), Name: nasty})
	}
	d := command.Draft{ID: "1", Asker: "1", Ask: a, Fault: nasty, Typed: command.Entry{"p:prompt": nasty, "zebra": nasty}, Pages: map[string]int{"lora": -5}, Search: map[string]string{"lora": nasty}}
	for _, m := range []command.Menu{shop(), manyLoras(300), {}} {
		validCard(t, m.SetupCard(d))
		if modal, ok := m.DraftModal(d); ok {
			validModal(t, modal)
		}
	}
}
