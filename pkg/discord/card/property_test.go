package card_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/job"
)

// TestNoViewBreaksARule makes messages of views that no honest ingress makes.
func TestNoViewBreaksARule(t *testing.T) {
	t.Parallel()
	catalog := shipped(t)
	rapid.Check(t, func(r *rapid.T) {
		v := hostile(catalog).Draw(r, "view")
		for name, m := range map[string]api.Message{
			"card": card.Card(v), "moved": card.Moved(v), "record": card.Record(v, []job.State{*orEmpty(v.State)}),
			"numbered": card.Numbered(v, 1), "gone": card.Gone(v.Job, 1, v.Actions), "failure": card.Failure(orEmpty(v.State).Error, v.Job),
		} {
			for _, complaint := range append(brokenShape(m), brokenTexts(m)...) {
				r.Errorf("%s: %s", name, complaint)
			}
		}
		m := card.Card(v)
		for _, complaint := range brokenSpec(t, m) {
			r.Errorf("%s", complaint)
		}
		judgeCard(r, v, m)
	})
}

func orEmpty(s *job.State) *job.State {
	if s == nil {
		return &job.State{}
	}
	return s
}

// wire is a message as text, without its files.
func wire(r *rapid.T, m api.Message) string {
	data, err := json.Marshal([]any{m.Content, m.Embeds, m.Components, m.Ephemeral, m.Mention})
	if err != nil {
		r.Fatal(err)
	}
	return string(data)
}

// judgeCard holds what a view asks for.
func judgeCard(r *rapid.T, v card.View, m api.Message) {
	data := wire(r, m)
	if v.Wordless && strings.Contains(data, marker) {
		r.Errorf("a wordless card repeats what was typed: %s", data)
	}
	if m.Ephemeral != v.Private {
		r.Errorf("private %t, ephemeral %t", v.Private, m.Ephemeral)
	}
	if name := previewOf(m); name != "" && (v.Spoiler || name != v.Preview) {
		r.Errorf("preview %q of %q, spoiler %t", name, v.Preview, v.Spoiler)
	}
	if pinged := len(m.Mention) > 0; pinged && (!v.Mention || m.Mention[0] != v.Asker || len(m.Mention) > 1) {
		r.Errorf("mentions %v", m.Mention)
	}
	if again := wire(r, card.Card(v)); again != data {
		r.Errorf("the same view gives another message: %s", cmp.Diff(data, again))
	}
	judgeColour(r, m)
}

// judgeColour holds that colour and mark say the same.
func judgeColour(r *rapid.T, m api.Message) {
	meaning := map[int]string{0x95A5A6: "○", 0xF0B232: "○●", 0x3498DB: "●", 0x2ECC71: "✓", 0xED4245: "✗", 0x4E5058: "–"}
	e := m.Embeds[0]
	mark, _, _ := strings.Cut(e.Title, " ")
	if mark == "" || !strings.Contains(meaning[e.Color], mark) {
		r.Errorf("%q is of colour %06x", e.Title, e.Color)
	}
}

// TestNoQueueOrListBreaksARule does the same for what is about no one job.
func TestNoQueueOrListBreaksARule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		q := card.QueueView{
			Viewer: rapid.SampledFrom([]string{ann, "", "<@666>"}).Draw(r, "viewer"), Offline: rapid.Bool().Draw(r, "offline"), Prompts: map[job.ID]string{},
			Snapshot: job.Snapshot{At: moments().Draw(r, "at"), Server: text().Draw(r, "server"), Others: rapid.IntRange(-1, 5).Draw(r, "others")},
		}
		for n := range rapid.IntRange(0, 20).Draw(r, "jobs") {
			q.Prompts[id(n)] = text().Draw(r, "prompt")
			q.Snapshot.Waiting = append(q.Snapshot.Waiting, job.Place{
				Job: id(n), User: job.User(text().Draw(r, "user")), Workflow: text().Draw(r, "workflow"), Seconds: rapid.Float64().Draw(r, "seconds"),
			})
		}
		words := rapid.SliceOfN(text(), 0, 40).Draw(r, "words")
		l := card.Listing{What: rapid.SampledFrom([]string{card.ListLoras, card.ListModels, "a b"}).Draw(r, "what"), Page: rapid.IntRange(-1, 9).Draw(r, "page")}
		var commands []card.Command
		s := card.StatusView{NATS: card.NATS{Connected: rapid.Bool().Draw(r, "nats"), Version: text().Draw(r, "version")}}
		for _, w := range words {
			l.Items = append(l.Items, card.Item{Name: w, Note: w})
			commands = append(commands, card.Command{ID: "1", Name: w, Description: w})
			s.Ingress = append(s.Ingress, card.Replica{Name: w, Source: w})
			s.Bridge = &card.Bridge{Queue: job.Queue(w), Words: w, Version: w, Devices: words}
		}
		for name, m := range map[string]api.Message{
			"queue": card.Queue(q), "page": card.Page(l), "help": card.Help(commands), "status": card.Status(s), "said": card.Said(strings.Join(words, " ")),
		} {
			for _, complaint := range append(brokenShape(m), brokenTexts(m)...) {
				r.Errorf("%s: %s", name, complaint)
			}
		}
	})
}
