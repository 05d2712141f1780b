package command_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/bwmarrin/discordgo"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"discomfy/pkg/discord/command"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

type choices = []*discordgo.ApplicationCommandOptionChoice

// shown are the names of choices, after Discord has had a look at them.
func shown(t testing.TB, cs choices) []string {
	t.Helper()
	var names []string
	for _, c := range cs {
		names = append(names, c.Name)
	}
	if cs == nil {
		cs = choices{}
	}
	valid(t, "POST", "/interactions/1/x/callback", map[string]any{"type": 8, "data": map[string]any{"choices": cs}})
	return names
}

func TestChoicesComeInTheOrderOfHowWellTheyMatch(t *testing.T) {
	t.Parallel()
	o := offer(t, "x", "image", "  - name: lora\n    type: choice\n    bind: 1.a\n    choices: ['big detail.pt', 'undetailed.pt', 'sub/detail two.pt', 'detail.pt', 'add_detail_xl.pt', 'other.pt']\n")
	for text, want := range map[string][]string{
		"":           {"big detail.pt", "undetailed.pt", "sub/detail two.pt", "detail.pt", "add_detail_xl.pt", "other.pt"},
		"detail":     {"sub/detail two.pt", "detail.pt", "big detail.pt", "add_detail_xl.pt", "undetailed.pt"},
		"DETAIL xl":  {"add_detail_xl.pt"},
		"det tw":     {"sub/detail two.pt"},
		"tail":       {"big detail.pt", "undetailed.pt", "sub/detail two.pt", "detail.pt", "add_detail_xl.pt"},
		"two sub":    {"sub/detail two.pt"},
		"ail ig":     {"big detail.pt"},
		"no such":    nil,
		"...":        nil,
		"\xff\x00 {": nil,
	} {
		got := shown(t, menu(o).Suggest(typing(t, command.Generate, focus("lora", text)), nil))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestAutocompleteHasRegardToTheOtherOptions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command command.Name
		options []option
		want    []string
	}{
		"the model of the default workflow": {command.Generate, []option{focus("model", "ti")}, []string{"tiny.safetensors"}},
		"of a workflow without one":         {command.Generate, []option{str("workflow", "test-pattern"), focus("model", "")}, nil},
		"of a workflow that is half typed":  {command.Generate, []option{str("workflow", "txt2i"), focus("model", "")}, nil},
		"all workflows, pictures first": {command.Generate, []option{focus("workflow", "")}, []string{"test-pattern · Test pattern", "txt2img · Text to picture",
			"test-animate · Test animate", "test-edit · Test edit", "test-inpaint · Test inpaint", "test-upscale · Test upscale", "test-video · Test video"}},
		"by title":                     {command.Generate, []option{focus("workflow", "text to")}, []string{"txt2img · Text to picture"}},
		"edits only":                   {command.Edit, []option{file("image"), focus("workflow", "")}, []string{"test-edit · Test edit", "test-inpaint · Test inpaint"}},
		"those with a LoRA":            {command.Loras, []option{focus("workflow", "")}, []string{"txt2img · Text to picture"}},
		"factors of the workflow":      {command.Upscale, []option{file("image"), {Name: "factor", Type: 10, Value: "", Focused: true}}, []string{"2×", "4×", "8×"}},
		"a factor that is half typed":  {command.Upscale, []option{{Name: "factor", Type: 10, Value: "4", Focused: true}}, []string{"4×"}},
		"an option without choices":    {command.Generate, []option{focus("prompt", "x")}, nil},
		"an option that is not there":  {command.Generate, []option{focus("zebra", "x")}, nil},
		"nothing is being typed":       {command.Generate, []option{str("prompt", "x")}, nil},
		"keys that have no option":     {command.Generate, []option{focus("more", "")}, []string{"sampler=euler", "scheduler=normal"}},
		"a key that is half typed":     {command.Generate, []option{focus("more", "cfg=3, sch")}, []string{"cfg=3, scheduler=normal"}},
		"a value that is half typed":   {command.Generate, []option{focus("more", "sampler=dpmpp_2m_s")}, []string{"sampler=dpmpp_2m_sde", "sampler=dpmpp_2m_sde_gpu", "sampler=dpmpp_2m_sde_heun", "sampler=dpmpp_2m_sde_heun_gpu"}},
		"what is given already":        {command.Generate, []option{focus("more", "sampler=euler ")}, []string{"sampler=euler scheduler=normal"}},
		"keys of an edit":              {command.Edit, []option{str("workflow", "test-edit"), file("image"), focus("more", "m")}, []string{"mix=0.5"}},
		"the video that needs nothing": {command.Animate, []option{focus("more", "")}, []string{"color=orange"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, shown(t, shop().Suggest(typing(t, c.command, c.options...), nil))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAFactorIsANumber(t *testing.T) {
	t.Parallel()
	cs := shop().Suggest(typing(t, command.Upscale, option{Name: "factor", Type: 10, Value: 8.0, Focused: true}), nil)
	if len(cs) != 1 || cs[0].Value != 8.0 {
		t.Errorf("choices %v", cs)
	}
	for kind, want := range map[string][]string{"integer, min: 2, max: 6": {"2×", "3×", "4×"}, "float, max: 3": {"1.5×", "2×", "3×"}} {
		m := menu(offer(t, "x", "upscale", "  - {name: factor, type: "+kind+", bind: 1.a}\n"))
		got := shown(t, m.Suggest(typing(t, command.Upscale, option{Name: "factor", Type: 10, Value: "", Focused: true}), nil))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
	}
}

func TestOpenJobsAreFoundByWhatPeopleRemember(t *testing.T) {
	t.Parallel()
	fox, tree := job.NewID(), job.NewID()
	jobs := []command.Job{{ID: fox, Workflow: "txt2img", Prompt: "a red fox\nin the " + strings.Repeat("deep ", 30) + "snow", Where: "3rd in line"}, {ID: tree, Workflow: "test-pattern"}}
	for text, want := range map[string][]job.ID{"": {fox, tree}, "red": {fox}, "pattern": {tree}, "line": {fox}, fox.String(): {fox}, tree.String()[:8]: {fox, tree}, "zebra": nil} {
		if text == tree.String()[:8] && text != fox.String()[:8] {
			want = []job.ID{tree}
		}
		var got []job.ID
		cs := command.Menu{}.Suggest(typing(t, command.Cancel, focus("job", text)), jobs)
		for _, c := range cs {
			id, _ := job.ParseID(c.Value.(string))
			got = append(got, id)
		}
		if diff := cmp.Diff(fmt.Sprint(want), fmt.Sprint(got)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
		shown(t, cs)
	}
	if got := shown(t, command.Menu{}.Suggest(typing(t, command.Show, focus("job", "")), jobs))[0]; got != "txt2img · a red fox in the deep deep deep deep deep deep de… · 3rd in line" {
		t.Errorf("shown as %q", got)
	}
}

func TestThousandsOfLorasAreFoundAndGivenBack(t *testing.T) {
	t.Parallel()
	m := manyLoras(5000)
	for _, k := range []int{0, 4321, 4329, 4999} {
		query := fmt.Sprintf("%04d", k)
		cs := m.Suggest(typing(t, command.Generate, focus("lora", query)), nil)
		if len(cs) == 0 || len(shown(t, cs)) > 25 {
			t.Fatalf("%s: %d choices", query, len(cs))
		}
		value := cs[0].Value.(string)
		if k%10 == 9 && !strings.HasPrefix(value, "#") {
			t.Errorf("the long name of %d is not shortened: %s", k, value)
		}
		a := must[command.Ask](t)(m.Parse(typed(t, command.Generate, str("prompt", "x"), str("lora", value))))
		if a.Raw["lora"] != loraName(k) {
			t.Errorf("%s came back as %s", loraName(k), a.Raw["lora"])
		}
		if _, err := m.Resolve(a); err != nil {
			t.Error(err)
		}
	}
	if got := shown(t, m.Suggest(typing(t, command.Generate, focus("lora", "")), nil)); len(got) != 25 {
		t.Errorf("%d choices, want 25", len(got))
	}
}

func TestAHashOfWhatIsGoneStaysAsItIs(t *testing.T) {
	t.Parallel()
	const gone = "#AAAAAAAAAAAAAAAAAAAA"
	a := must[command.Ask](t)(shop().Parse(typed(t, command.Generate, str("prompt", "x"), str("lora", gone))))
	_, err := shop().Resolve(a)
	wantError(t, err, job.CodeMissingModel, gone)
}

// Nothing that is typed makes autocomplete fail or break Discord's limits, and
// every choice is understood when it is taken.
func TestEveryChoiceIsUnderstood(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var list []string
		for _, name := range rapid.SliceOfNDistinct(rapid.StringMatching(`[#a-zA-Z0-9_./ é🦊-]{1,140}`), 1, 60, rapid.ID[string]).Draw(r, "names") {
			if strings.TrimSpace(name) == name {
				list = append(list, name)
			}
		}
		m := loraMenu(list)
		query := rapid.OneOf(rapid.String(), rapid.SampledFrom(append(list, ""))).Draw(r, "query")
		cs := m.Suggest(typing(t, command.Generate, focus("lora", query)), nil)
		if len(cs) > 25 {
			r.Fatalf("%d choices", len(cs))
		}
		for _, c := range cs {
			v := c.Value.(string)
			if n := len(utf16.Encode([]rune(c.Name))); n == 0 || n > 100 || len(utf16.Encode([]rune(v))) > 100 {
				r.Fatalf("%q (%q) is too long", c.Name, v)
			}
			a, err := m.Parse(typed(t, command.Generate, str("lora", v)))
			if err != nil {
				r.Fatal(err)
			}
			p, err := m.Resolve(a)
			if err != nil || len([]rune(v)) <= 90 && p["lora"] != v {
				r.Fatalf("%q became %v, %v", v, p["lora"], err)
			}
		}
	})
}

func loraMenu(list []string) command.Menu {
	p := workflow.Parameter{Name: "lora", Type: workflow.TypeChoice}
	for _, name := range list {
		p.Choices = append(p.Choices, workflow.Choice{Label: name, Value: workflow.NewValue(name)})
	}
	return menu(workflow.Offer{Manifest: workflow.Manifest{Name: "x", Kind: "image", Parameters: []workflow.Parameter{p}}})
}

func TestNamesOfAllWorkflowsAreListedOnce(t *testing.T) {
	t.Parallel()
	a := offer(t, "a", "image", "  - {name: model, type: choice, choices: [x one, two], bind: 1.a}\n")
	b := offer(t, "b", "video", "  - {name: unet, type: choice, choices: [two, three one], bind: 1.a}\n")
	b.Parameters[0].Open = true
	for _, c := range []struct {
		offer, text string
		want        []string
		open        bool
	}{
		{"", "", []string{"x one", "two", "three one"}, true},
		{"a", "", []string{"x one", "two"}, false},
		{"", "one", []string{"x one", "three one"}, true},
		{"", "th", []string{"three one"}, true},
	} {
		got, open, err := menu(a, b).Names(command.Models, c.offer, c.text)
		if diff := cmp.Diff(c.want, got); diff != "" || open != c.open || err != nil {
			t.Errorf("%+v: open %v, %v %s", c, open, err, diff)
		}
	}
	if _, open, err := menu(b, a).Names(command.Models, "", ""); !open || err != nil {
		t.Error("an open list of the first workflow is forgotten")
	}
	if got, _, err := menu(a, b).Names(command.Loras, "", ""); len(got) > 0 || err != nil {
		t.Errorf("LoRAs %v, %v", got, err)
	}
	_, _, err := menu(a, b).Names(command.Models, "c", "")
	wantError(t, err, job.CodeUnknown)
	offer, text := command.Search(typed(t, command.Loras, str("search", "anime"), str("workflow", "a")))
	if offer != "a" || text != "anime" {
		t.Errorf("search of %q in %q", text, offer)
	}
}

func FuzzOptions(f *testing.F) {
	for _, s := range []string{`{"name":"generate","options":[{"name":"prompt","type":3,"value":"x"}]}`,
		`{"name":"upscale","options":[{"name":"factor","type":10,"value":"1e","focused":true},{"name":"image","type":11,"value":"1"}]}`,
		`{"name":"Edit","type":3,"target_id":"1","resolved":{"messages":{"1":null}}}`, `{"name":"cancel","options":[null,{"name":"job","value":{}}]}`,
		`{"custom_id":"d1:settings:~1:main","components":[{"type":18,"component":{"type":4,"custom_id":"n:steps,cfg","value":"1/2/3"}}]}`} {
		f.Add(2, s)
	}
	m := shop()
	f.Fuzz(func(t *testing.T, kind int, data string) {
		i, ok := anything(kind, data)
		if !ok {
			return
		}
		if a, err := m.Parse(i); err != nil {
			wantError(t, err, job.CodeOf(err))
		} else if _, err = m.Resolve(a); err != nil {
			wantError(t, err, job.CodeOf(err))
		}
		if len(m.Suggest(i, nil)) > 25 {
			t.Error("too many choices")
		}
		_, _ = command.Target(i)
		_, _ = command.JobOf(i)
		_, _ = m.Apply(command.Draft{ID: "1", Asker: "100", Ask: command.Ask{Workflow: "txt2img"}, Created: time.Now()}, i)
	})
}
