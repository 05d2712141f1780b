package card_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// buttons are the ids of a message, in order, as verbs with their arguments;
// those that can not be pressed in parentheses.
func buttons(t *testing.T, m api.Message) string {
	t.Helper()
	var words []string
	for _, row := range m.Components {
		for _, c := range row.(discordgo.ActionsRow).Components {
			custom, off := "", false
			switch c := c.(type) {
			case discordgo.Button:
				custom, off = c.CustomID, c.Disabled
			case discordgo.SelectMenu:
				custom = c.CustomID
			}
			id, err := card.ParseID(custom)
			if err != nil {
				t.Fatal(err)
			}
			word := string(id.Verb) + id.Arg
			if off {
				word = "(" + word + ")"
			}
			words = append(words, word)
		}
		words = append(words, "/")
	}
	return strings.TrimSuffix(strings.Join(words, " "), " /")
}

func TestButtonsFollowTheState(t *testing.T) {
	t.Parallel()
	all := messages(t)
	for name, want := range map[string]string{
		"10-accepted":                "cancel",
		"10-accepted-ephemeral":      "refresh cancel",
		"14-in-comfyui":              "cancel",
		"20-running":                 "cancel",
		"23-running-asleep":          "refresh cancel",
		"24-stopping":                "",
		"30-done":                    "vary redo edit animate / upscale2 upscale4 upscale8 delete",
		"31-done-four":               "vary redo delete / pick pick pick pick",
		"31-done-fourteen":           "vary redo delete / pick pick pick pick pick / pick pick pick pick pick / pick pick pick pick",
		"31-done-forty":              "vary redo delete / pick1 / pick26",
		"32-done-video":              "vary redo delete",
		"32-done-upscaled":           "(vary) redo edit animate / upscale2 upscale4 upscale8 delete",
		"33-done-unknown-workflow":   "vary redo delete",
		"40-failed-memory":           "again redo delete",
		"42-rejected":                "redo delete",
		"42-rejected-invalid":        "redo delete",
		"43-cancelled":               "again redo delete",
		"43-cancelled-before-it-ran": "again redo delete",
		"50-moved":                   "",
		"51-gone":                    "edit animate / upscale2 upscale4 upscale8",
		"51-gone-bare":               "",
		"52-numbered":                "edit animate / upscale2 upscale4 upscale8",
		"53-confirm":                 "erase keep",
		"63-loras":                   "listloras listloras",
		"63-loras-last":              "listloras (listloras)",
	} {
		if got := buttons(t, all[name]); got != want {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
}

func TestEveryPictureThatFitsCanBePicked(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 15, 16, 25, 26, 100, 1000} {
		m := card.Card(ended(t, job.Done, func(v *card.View) { v.State.Results = results(v.Job, n, "image/webp") }))
		picked := 0
		for _, row := range m.Components {
			for _, c := range row.(discordgo.ActionsRow).Components {
				switch c := c.(type) {
				case discordgo.Button:
					if id, err := card.ParseID(c.CustomID); err == nil && id.Verb == card.Pick {
						if picked++; id.N != picked {
							t.Errorf("button %d picks %d", picked, id.N)
						}
					}
				case discordgo.SelectMenu:
					picked += len(c.Options)
				}
			}
		}
		if want := min(n, 100); picked != want {
			t.Errorf("%d of %d pictures can be picked", picked, n)
		}
	}
}

func TestTheNumberOfAPictureCountsPicturesOnly(t *testing.T) {
	t.Parallel()
	files := append(results(id(1), 1, "video/mp4"), results(id(2), 2, "image/png")...)
	if got := card.Pictures(files); len(got) != 2 || got[0].Name != files[1].Name {
		t.Errorf("the pictures are %v", got)
	}
	if len(files) != 3 || files[0].Type != "video/mp4" {
		t.Error("the results were changed")
	}
}

func TestActionsAreThoseThatOnePictureIsEnoughFor(t *testing.T) {
	t.Parallel()
	picture := workflow.Parameter{Name: "image", Type: workflow.TypePicture, Required: true}
	second := workflow.Parameter{Name: "mask", Type: workflow.TypePicture, Required: true}
	factor := workflow.Parameter{Name: "scale", Type: workflow.TypeFloat, Min: "1", Max: "4"}
	choice := workflow.Parameter{Name: "factor", Type: workflow.TypeChoice, Choices: []workflow.Choice{{Label: "2x"}, {Label: "8x"}}}
	typed := workflow.Parameter{Name: "prompt", Type: workflow.TypeText, Required: true}
	offers := func(kind workflow.Kind, name string, p ...workflow.Parameter) workflow.Offer {
		return workflow.Offer{Manifest: workflow.Manifest{Name: name, Kind: kind, Parameters: p}}
	}
	broken := offers(workflow.KindEdit, "a-broken", picture)
	broken.Problems = []workflow.Problem{{Text: "x"}}
	for _, c := range []struct {
		name     string
		offers   []workflow.Offer
		defaults map[workflow.Kind]string
		want     card.Actions
	}{
		{"nothing", nil, nil, card.Actions{}},
		{"text only, unusable, or with two pictures", []workflow.Offer{
			offers(workflow.KindVideo, "a"), broken, offers(workflow.KindEdit, "b", picture, second),
		}, nil, card.Actions{}},
		{"an edit that must be described", []workflow.Offer{offers(workflow.KindEdit, "a", picture, typed)}, nil, card.Actions{Edit: "a"}},
		{"the default before the first", []workflow.Offer{
			offers(workflow.KindEdit, "a", picture), offers(workflow.KindEdit, "b", picture),
		}, map[workflow.Kind]string{workflow.KindEdit: "b"}, card.Actions{Edit: "b"}},
		{"an upscale without a factor", []workflow.Offer{offers(workflow.KindUpscale, "a", picture)}, nil, card.Actions{Upscale: "a"}},
		{"one with a factor before one without", []workflow.Offer{
			offers(workflow.KindUpscale, "a", picture), offers(workflow.KindUpscale, "b", picture, factor),
		}, nil, card.Actions{Upscale: "b", Parameter: "scale", Factors: []string{"2", "4"}}},
		{"factors by their labels", []workflow.Offer{offers(workflow.KindUpscale, "a", picture, choice)}, nil,
			card.Actions{Upscale: "a", Parameter: "factor", Factors: []string{"2x", "8x"}}},
		{"an upscale that needs words", []workflow.Offer{offers(workflow.KindUpscale, "a", picture, typed)}, nil, card.Actions{}},
	} {
		if diff := cmp.Diff(c.want, card.ActionsOf(workflow.Catalog{Offers: c.offers}, c.defaults)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestAnOlderAttemptsProgressIsNotShown(t *testing.T) {
	t.Parallel()
	m := card.Card(running(t, func(v *card.View) {
		v.State.Phase, v.State.Attempt, v.Progress.Attempt = job.Submitted, 2, 1
	}))
	if got := m.Embeds[0].Title; got != "○ Next: in ComfyUI" {
		t.Errorf("the card says %q", got)
	}
}

func TestProgressThatOverturnsTheStateIsShown(t *testing.T) {
	t.Parallel()
	m := card.Card(running(t, func(v *card.View) { v.State.Phase = job.Submitted }))
	if got := m.Embeds[0].Title; got != "● Running" {
		t.Errorf("the card says %q", got)
	}
	m = card.Card(ended(t, job.Done, func(v *card.View) { v.Phase, v.Progress = job.Running, &job.Progress{Attempt: 1} }))
	if got := m.Embeds[0].Title; got != "✓ Done" {
		t.Errorf("the card of an ended job says %q", got)
	}
}

// TestAsTimePassesAnEqualViewNeedsNoEdit: an edit costs, and relative times
// count by themselves.
func TestAsTimePassesAnEqualViewNeedsNoEdit(t *testing.T) {
	t.Parallel()
	for name, v := range views(t) {
		before := string(pretty(t, card.Card(v)))
		v.Now = v.Now.Add(time.Second)
		if after := string(pretty(t, card.Card(v))); before != after {
			t.Errorf("%s: %s", name, cmp.Diff(before, after))
		}
	}
}

func TestFailuresOfOursKeepTheirWordsToThemselves(t *testing.T) {
	t.Parallel()
	for _, err := range []error{errors.New("open /secret: denied"), nil, (*job.Error)(nil)} {
		m := card.Failure(err, id(1))
		e := m.Embeds[0]
		if e.Title != "✗ Internal error" || strings.Contains(e.Description, "secret") || !strings.Contains(e.Footer.Text, id(1).String()) || !m.Ephemeral {
			t.Errorf("%v: %+v", err, e)
		}
	}
}

func TestPrivateJobsShowNoPromptInTheQueue(t *testing.T) {
	t.Parallel()
	q := job.Snapshot{At: now(), Waiting: []job.Place{{Job: id(1), User: "discord-" + ann}, {Job: id(2), User: "discord-" + bob}}}
	m := card.Queue(card.QueueView{Snapshot: q, Prompts: map[job.ID]string{id(2): "an owl"}})
	if text := m.Embeds[0].Description; strings.Count(text, "\n> ") != 1 || !strings.HasSuffix(text, "> an owl") {
		t.Errorf("the queue says %q", text)
	}
}

func TestAnswersAreForTheAskerAlone(t *testing.T) {
	t.Parallel()
	for name, m := range answers(t) {
		if open := strings.HasPrefix(name, "50-moved"); m.Ephemeral == open || len(m.Mention) > 0 {
			t.Errorf("%s: ephemeral %t, mentions %v", name, m.Ephemeral, m.Mention)
		}
	}
}

func TestWordsAgreeWithTheTerminal(t *testing.T) {
	t.Parallel()
	all := messages(t)
	for name, want := range map[string][]string{
		"11-waiting-third": {"○ 3rd in line", "2 jobs are ahead"}, "20-running": {"● Running", "46 %", "Sampling", "step 9 of 20"},
		"30-done": {"✓ Done", "903716283847561", "1024 × 768", "Took 32 s", "waited 42 s"}, "43-cancelled": {"– Cancelled", "<@" + ann + ">"},
		"43-cancelled-in-terminal": {"Cancelled by ann.b (terminal)."}, "40-failed-memory": {"✗ Out of memory", "Sampling", "smaller picture"},
	} {
		text := string(pretty(t, all[name]))
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s does not say %q: %s", name, w, text)
			}
		}
	}
}
