package discordsim_test

import (
	"fmt"
	"testing"
	"time"

	"discomfy/pkg/discord/discordsim"
)

func TestTokenLivesFifteenMinutes(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	i := f.asked(t)
	f.do(t, "PATCH", f.webhook(i, original), `{"content":"x"}`).want(t, 404, 10015) // not answered
	f.callback(t, i, `{"type":5}`).want(t, 200, 0)
	f.Advance(15 * time.Minute)
	f.do(t, "PATCH", f.webhook(i, original), `{"content":"x"}`).want(t, 200, 0)
	f.Advance(time.Millisecond)
	f.do(t, "PATCH", f.webhook(i, original), `{"content":"y"}`).want(t, 401, 50027)
	f.do(t, "POST", f.webhook(i, ""), `{"content":"y"}`).want(t, 401, 50027)
	if st := f.Stats(); st.DeadToken != 2 || st.Invalid != 2 {
		t.Errorf("stats %+v", st)
	}
	id := f.Interaction(i.ID).Original
	f.do(t, "PATCH", f.messages()+"/"+id.String(), `{"content":"z"}`).want(t, 200, 0) // the bot's own message
	f.noViolations(t)
}

func TestTokensNeedNoBot(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	i := f.asked(t)
	path := "/interactions/" + i.ID.String() + "/" + i.Token + "/callback"
	f.send(t, bare(), "POST", path, `{"type":5}`).want(t, 204, 0)
	f.send(t, bare(), "PATCH", f.webhook(i, original), `{"content":"x"}`).want(t, 200, 0)
	f.send(t, bare(), "GET", f.webhook(i, original), ``).want(t, 200, 0)
	f.send(t, bare(), "PATCH", "/webhooks/1/"+i.Token+original, `{"content":"x"}`).want(t, 404, 10015)
	f.send(t, bare(), "PATCH", "/webhooks/"+f.App().ID.String()+"/unknown"+original, `{"content":"x"}`).want(t, 404, 10015)
	f.send(t, bare(), "GET", f.messages(), ``).want(t, 401, 0)
	f.noViolations(t)
}

func TestDeferredAnswerIsFilled(t *testing.T) {
	t.Parallel()
	for name, fill := range map[string]func(*testing.T, *fake, *discordsim.Interaction) answer{
		"by an edit": func(t *testing.T, f *fake, i *discordsim.Interaction) answer {
			return f.do(t, "PATCH", f.webhook(i, original), `{"content":"done"}`)
		},
		"by the first follow-up": func(t *testing.T, f *fake, i *discordsim.Interaction) answer {
			return f.do(t, "POST", f.webhook(i, ""), `{"content":"done","flags":64}`) // the flag comes too late
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := stopped(t, discordsim.Config{})
			i := f.asked(t)
			f.callback(t, i, `{"type":5}`).want(t, 200, 0)
			id := fill(t, f, i).want(t, 200, 0).id(t)
			m := f.Message(f.Interaction(i.ID).Original)
			if m.ID != id || m.Loading() || m.Ephemeral() || m.Content != "done" || !m.Edited.IsZero() {
				t.Errorf("message %+v", m)
			}
			f.noViolations(t)
		})
	}
}

func TestFollowUps(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{Limits: unlimited()})
	private := f.AddChannel(discordsim.NewChannel{People: []discordsim.ID{f.ann.ID, f.bob.ID}})
	id, err := f.Invoke(t.Context(), discordsim.Invocation{User: f.ann.ID, Channel: private.ID, Command: "make"})
	if err != nil {
		t.Fatal(err)
	}
	i := f.Interaction(id)
	f.callback(t, i, `{"type":4,"data":{"content":"one"}}`).want(t, 200, 0)
	for n := range 5 {
		f.do(t, "POST", f.webhook(i, ""), fmt.Sprintf(`{"content":"%d","flags":64}`, n)).want(t, 200, 0)
	}
	f.do(t, "POST", f.webhook(i, ""), `{"content":"6"}`).want(t, 400, 40094)
	last := f.Messages(private.ID, f.ann.ID)[5]
	path := f.webhook(i, "/messages/"+last.ID.String())
	f.do(t, "PATCH", path, `{"content":"edited"}`).want(t, 200, 0)
	f.do(t, "GET", path, ``).want(t, 200, 0)
	f.do(t, "DELETE", path, ``).want(t, 204, 0)
	f.do(t, "DELETE", path, ``).want(t, 404, 10008)
	f.do(t, "PATCH", "/channels/"+private.ID.String()+"/messages/"+f.Interaction(id).Original.String(), `{"content":"x"}`).want(t, 403, 50001)
	f.noViolations(t)
}

func TestUnwelcomeAppsAnswerInPrivate(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	g := f.AddGuild(discordsim.NewGuild{Name: "Strangers", Absent: true, Owner: f.bob.ID})
	c := f.AddChannel(discordsim.NewChannel{Guild: g.ID, Name: "general"})
	f.Overwrite(c.ID, g.ID, 0, discordsim.UseExternalApps)
	id, err := f.Invoke(t.Context(), discordsim.Invocation{User: f.ann.ID, Channel: c.ID, Command: "make"})
	if err != nil {
		t.Fatal(err)
	}
	f.callback(t, f.Interaction(id), `{"type":5}`).want(t, 200, 0)
	if m := f.Message(f.Interaction(id).Original); !m.Ephemeral() || m.For != f.ann.ID {
		t.Errorf("message %+v", m)
	}
	f.noViolations(t)
}

func TestTokensKnowTheirOwnMessages(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	i, other := f.asked(t), f.asked(t)
	for _, in := range []*discordsim.Interaction{i, other} {
		f.callback(t, in, `{"type":4,"data":{"content":"<@`+f.bob.ID.String()+`>"}}`).want(t, 200, 0)
		if m := f.Message(f.Interaction(in.ID).Original); !equal(m.Pinged, []discordsim.ID{f.bob.ID}) {
			t.Errorf("pinged %v", m.Pinged)
		}
	}
	theirs := "/messages/" + f.Interaction(other.ID).Original.String()
	f.do(t, "PATCH", f.webhook(i, theirs), `{"content":"x"}`).want(t, 404, 10008)
	f.do(t, "GET", f.webhook(other, theirs), ``).want(t, 200, 0)
	f.noViolations(t)
}

func TestEphemeralMessagesAreUnknownToTheBot(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	i := f.asked(t)
	f.callback(t, i, `{"type":4,"data":{"content":"x","flags":64}}`).want(t, 200, 0)
	path := f.messages() + "/" + f.Interaction(i.ID).Original.String()
	f.do(t, "GET", path, ``).want(t, 404, 10008)
	f.do(t, "PATCH", path, `{"content":"y"}`).want(t, 404, 10008)
	f.do(t, "DELETE", path, ``).want(t, 404, 10008)
	f.noViolations(t)
}
