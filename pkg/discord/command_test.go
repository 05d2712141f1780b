package discord_test

import (
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/job"
)

func TestQuestionsAreAnsweredToTheAskerAlone(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.askInChannel()
	s.queued(a.id)
	a.shows("Next in line")
	for command, want := range map[string]string{
		"queue": "a fish", "status": "Ingress", "help": "generate", "loras": "", "models": "",
	} {
		i := s.invoke(command, nil)
		m := s.discord.Message(i.Original)
		if m == nil || !m.Ephemeral() || !strings.Contains(textOf(m), want) {
			t.Errorf("/%s is answered by %s", command, textOf(m))
		}
	}
}

func TestCancelByName(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.askInChannel()
	s.queued(a.id)
	a.shows("Next in line")
	choices, err := s.discord.Autocomplete(t.Context(), discordsim.Invocation{User: s.ann.ID, Channel: s.channel.ID, Command: "cancel"}, "job", "")
	if err != nil || len(choices) != 1 || choices[0]["value"] != a.id.String() {
		t.Fatalf("choices %v, %v", choices, err)
	}
	cancel := func(user discordsim.ID) *discordsim.Message {
		i := s.invokeAs(discordsim.Invocation{User: user, Channel: s.channel.ID, Command: "cancel", Options: map[string]any{"job": a.id.String()}})
		s.await("words", func() bool { m := s.discord.Message(i.Original); return m != nil && !m.Loading() })
		return s.discord.Message(i.Original)
	}
	cancel(s.bob.ID)
	if st, _ := s.broker.Last(t.Context(), a.id); st.Phase.Ended() {
		t.Fatal("bob has cancelled ann's job")
	}
	if m := cancel(s.ann.ID); !strings.Contains(textOf(m), "ancelled") {
		t.Errorf("ann reads %s", textOf(m))
	}
	a.shows("ancelled")
}

func TestAutocompleteAndANewWorkflow(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	ask := func(typed string) []discordsim.Object {
		choices, err := s.discord.Autocomplete(t.Context(), discordsim.Invocation{User: s.ann.ID, Channel: s.channel.ID, Command: "generate"}, "workflow", typed)
		if err != nil {
			t.Fatal(err)
		}
		return choices
	}
	if n := len(ask("")); n < 3 {
		t.Errorf("%d choices", n)
	}
	if len(ask("brandnew")) > 0 {
		t.Error("a choice that does not exist")
	}
	s.publish("brandnew")
	s.await("the new workflow as a choice", func() bool { return len(ask("brandnew")) > 0 })
}

func TestTheSetUpCard(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	i := s.invoke("generate", nil)
	draft := s.discord.Message(i.Original)
	if draft == nil || customID(draft, "generate") == "" && customID(draft, "settings") == "" {
		t.Fatalf("answered by %s", textOf(draft))
	}
	if m := s.discord.Message(s.click(s.bob.ID, draft.ID, "settings").Original); m == nil || !m.Ephemeral() {
		t.Errorf("bob reads %s", textOf(m))
	}
	opened := s.click(s.ann.ID, draft.ID, "settings")
	id, err := s.discord.SubmitModal(t.Context(), s.ann.ID, opened.ID, s.fill(opened, "prompt", "a bird"))
	if err != nil {
		t.Fatal(err)
	}
	s.answer(id)
	s.await("a draft with words", func() bool { return strings.Contains(textOf(s.discord.Message(draft.ID)), "a bird") })
	r := s.ordered(s.click(s.ann.ID, draft.ID, "generate"))
	if r.Params["prompt"] != "a bird" {
		t.Errorf("ordered %v", r.Params)
	}
	s.queued(r.ID)
	s.running(r.ID)
	s.done(r.ID, pictures(1)...)
	s.finished(draft.ID, 1)
}

func TestADiscardedDraft(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	draft := s.invoke("generate", nil).Original
	s.click(s.ann.ID, draft, "discard")
	s.await("no card", func() bool { return s.discord.Message(draft) == nil })
}

func TestMessageCommands(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	said, err := s.discord.Say(t.Context(), s.bob.ID, s.channel.ID, "look", discordsim.Upload{Name: "a.png", Type: "image/png", Data: pictures(1)[0]})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"Upscale", "Edit", "Animate"} {
		i := s.invokeAs(discordsim.Invocation{User: s.ann.ID, Channel: s.channel.ID, Command: command, Target: said.ID})
		if i.Modal != nil {
			id, err := s.discord.SubmitModal(t.Context(), s.ann.ID, i.ID, s.required(i))
			if err != nil {
				t.Fatal(err)
			}
			i = s.answer(id)
		}
		if r := s.ordered(i); len(r.Inputs) != 1 {
			t.Errorf("%s ordered %+v", command, r)
		}
	}
}

func TestPicturesAreChecked(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	i := s.invoke("upscale", map[string]any{"image": discordsim.Upload{Name: "a.png", Type: "image/png", Data: []byte("no picture at all")}})
	s.await("words", func() bool {
		m := s.discord.Message(i.Original)
		return m != nil && !m.Loading() && strings.Contains(textOf(m), "picture")
	})
	if jobs, err := s.broker.PendingJobs(t.Context(), job.DefaultQueue); err != nil || len(jobs) > 0 {
		t.Errorf("ordered: %v, %v", jobs, err)
	}
}

func TestOnlySomeGuilds(t *testing.T) {
	t.Parallel()
	s := start(t, settings{replicas: -1})
	other := s.discord.AddGuild(discordsim.NewGuild{Name: "strangers"})
	channel := s.discord.AddChannel(discordsim.NewChannel{Guild: other.ID, Name: "there"})
	s.startScript()
	// Registered everywhere, because direct messages are allowed: the allow-list is ours to keep.
	s.startIngress(discord.Config{Guilds: []string{s.guild.ID.String()}, DirectMessages: true})
	i := s.invokeAs(discordsim.Invocation{User: s.ann.ID, Channel: channel.ID, Command: "generate", Options: map[string]any{"prompt": "a fish"}})
	if m := s.discord.Message(i.Original); m == nil || !m.Ephemeral() || len(m.Embeds) > 0 {
		t.Errorf("strangers read %s", textOf(m))
	}
	if jobs, err := s.broker.PendingJobs(t.Context(), job.DefaultQueue); err != nil || len(jobs) > 0 {
		t.Errorf("ordered: %v, %v", jobs, err)
	}
}

func TestNobodyFillsTheQueue(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{ingress: discord.Config{MaxWaiting: 2}})
	a := s.askInChannel()
	s.askInChannel()
	i := s.invoke("generate", map[string]any{"prompt": "a fish", "workflow": "txt2img"})
	if m := s.discord.Message(i.Original); m == nil || !m.Ephemeral() || !strings.Contains(m.Content, "2") {
		t.Errorf("ann reads %s", textOf(m))
	}
	s.failed(a.id)
	s.askInChannel()
}

// While nobody can say whether a job was accepted, that is what people read;
// the message becomes the card when it was.
func TestAJobThatIsNotConfirmed(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	s.stopIn()
	r := s.startReplica(discord.Config{})
	s.invoke("generate", map[string]any{"prompt": "a fish", "workflow": "txt2img"}) // what can be ordered is known
	r.wire.holdAnswersTo("discomfy.jobs.")
	i := s.invoke("generate", map[string]any{"prompt": "a bird", "workflow": "txt2img"})
	m := s.discord.Message(i.Original)
	if i.Waited() > 2*time.Second || m == nil || !strings.Contains(strings.ToLower(textOf(m)), "confirm") {
		t.Fatalf("after %v ann reads %s", i.Waited(), textOf(m))
	}
	r.wire.thaw()
	id := s.arrived(jobOf(i)).ID
	s.queued(id)
	s.await("a card", func() bool { return customID(s.discord.Message(m.ID), "cancel") != "" })
}
