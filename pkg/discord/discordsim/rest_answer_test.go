package discordsim_test

import (
	"testing"
	"time"

	"discomfy/pkg/discord/discordsim"
)

func TestFirstAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		loading    bool
		ephemeral  bool
	}{
		{"message", `{"type":4,"data":{"content":"hello"}}`, false, false},
		{"private message", `{"type":4,"data":{"content":"hello","flags":64}}`, false, true},
		{"deferral", `{"type":5}`, true, false},
		{"private deferral", `{"type":5,"data":{"flags":64}}`, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := stopped(t, discordsim.Config{})
			i := f.asked(t)
			a := f.callback(t, i, tt.body).want(t, 200, 0)
			in := a.json["interaction"].(object)
			if in["response_message_loading"] != tt.loading || in["response_message_ephemeral"] != tt.ephemeral {
				t.Errorf("answer %v", in)
			}
			if _, full := a.json["resource"]; full == tt.loading {
				t.Errorf("the message is told: %v", full)
			}
			m := f.Message(f.Interaction(i.ID).Original)
			if m == nil || m.Loading() != tt.loading || m.Ephemeral() != tt.ephemeral || m.Asker != f.ann.ID {
				t.Fatalf("message %+v", m)
			}
			if seen := len(f.Messages(f.channel.ID, f.bob.ID)); (seen == 0) != tt.ephemeral {
				t.Errorf("bob sees %d messages", seen)
			}
			f.noViolations(t)
		})
	}
}

func TestFirstAnswerIsDueAndOnce(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	in := f.asked(t)
	f.Advance(3 * time.Second)
	f.callback(t, in, `{"type":5}`).want(t, 200, 0)
	f.callback(t, in, `{"type":5}`).want(t, 400, 40060)
	late := f.asked(t)
	f.Advance(3*time.Second + time.Millisecond)
	f.callback(t, late, `{"type":5}`).want(t, 404, 10062)
	f.do(t, "PATCH", f.webhook(late, original), `{"content":"x"}`).want(t, 404, 10015)
	other := *late
	other.ID++
	f.callback(t, &other, `{"type":5}`).want(t, 404, 10062)
	other = *f.asked(t)
	other.Token = in.Token
	f.callback(t, &other, `{"type":5}`).want(t, 404, 10062)
	if st := f.Stats(); st.Late != 1 || st.Twice != 1 || st.Invalid != 0 {
		t.Errorf("stats %+v", st)
	}
	f.noViolations(t)
}

func TestAnswerWithoutResponseHasNoBody(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	i := f.asked(t)
	a := f.do(t, "POST", "/interactions/"+i.ID.String()+"/"+i.Token+"/callback", `{"type":5}`).want(t, 204, 0)
	if a.text != "" {
		t.Errorf("body %q", a.text)
	}
}

func TestAnswersThatDoNotFit(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"choices for a command": `{"type":8,"data":{"choices":[]}}`,
		"update for a command":  `{"type":7,"data":{"content":"x"}}`,
		"pong for a command":    `{"type":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := stopped(t, discordsim.Config{})
			f.callback(t, f.asked(t), body).want(t, 400, 50035)
			f.broke(t, "does not fit")
		})
	}
}

func TestModalAndWhatFollows(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	i := f.asked(t)
	f.callback(t, i, `{"type":9,"data":{"custom_id":"m","title":"Redo","components":[{"type":18,"label":"Prompt","component":{"type":4,"style":1,"custom_id":"p"}}]}}`).want(t, 200, 0)
	if got := f.Interaction(i.ID); got.Answer != discordsim.AnswerModal || got.Modal["title"] != "Redo" {
		t.Errorf("interaction %+v", got)
	}
	f.do(t, "PATCH", f.webhook(i, original), `{"content":"x"}`).want(t, 404, 10008)
	f.noViolations(t)
	sent, err := f.SubmitModal(t.Context(), f.ann.ID, i.ID, map[string]any{"p": "a cat"})
	if err != nil {
		t.Fatal(err)
	}
	f.callback(t, f.Interaction(sent), `{"type":6}`).want(t, 400, 50035) // it came from no message
	f.broke(t, "does not fit")
}

func TestComponentsUpdateTheirMessage(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	i := f.asked(t)
	f.callback(t, i, `{"type":4,"data":{"content":"one","components":[{"type":1,"components":[{"type":2,"style":1,"label":"Go","custom_id":"go"}]}]}}`).want(t, 200, 0)
	m := f.Interaction(i.ID).Original

	click := func() *discordsim.Interaction {
		id, err := f.Click(t.Context(), f.bob.ID, m, "go")
		if err != nil {
			t.Fatal(err)
		}
		return f.Interaction(id)
	}
	f.callback(t, click(), `{"type":7,"data":{"content":"two"}}`).want(t, 200, 0)
	if got := f.Message(m); got.Content != "two" || got.Revision != 1 || got.Edited.IsZero() {
		t.Errorf("message %+v", got)
	}
	f.Advance(16 * time.Minute)
	f.do(t, "PATCH", f.webhook(i, original), `{"content":"x"}`).want(t, 401, 50027)
	fresh := click()
	f.callback(t, fresh, `{"type":6}`).want(t, 200, 0)
	f.do(t, "PATCH", f.webhook(fresh, original), `{"content":"three"}`).want(t, 200, 0)
	if got := f.Message(m).Content; got != "three" {
		t.Errorf("content %q", got)
	}
	f.DeleteMessage(m)
	f.do(t, "PATCH", f.webhook(fresh, original), `{"content":"four"}`).want(t, 404, 10008)
	f.noViolations(t)
}
