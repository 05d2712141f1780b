package discord_test

import (
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/job"
)

// finishedJob is a job of ann's whose result is on its card.
func (s *script) finishedJob(files ...[]byte) asked {
	s.Helper()
	a := s.askInChannel()
	s.queued(a.id)
	s.running(a.id)
	s.done(a.id, files...)
	s.finished(a.card, len(files))
	return a
}

// ordered is the job that an interaction has ordered.
func (s *script) ordered(i *discordsim.Interaction) job.Request {
	s.Helper()
	return s.arrived(jobOf(i))
}

func open(c discord.Config) discord.Config { c.OthersMayClick = true; return c }

func TestVaryOrdersTheSameWithANewSeed(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{ingress: open(discord.Config{})})
	a := s.finishedJob(pictures(1)...)
	before := *s.request(a.id)
	i := s.click(s.bob.ID, a.card, "vary")
	r := s.ordered(i)
	if r.Params["prompt"] != before.Params["prompt"] || r.Params["seed"] == before.Params["seed"] {
		t.Errorf("ordered %v of %v", r.Params, before.Params)
	}
	if r.User == before.User {
		t.Error("the job is not of the person who clicked")
	}
	if i.Original == a.card || s.discord.Message(i.Original) == nil {
		t.Error("the new job has no card of its own")
	}
}

func TestRedoOrdersWhatTheFormChanges(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.finishedJob(pictures(1)...)
	opened := s.click(s.ann.ID, a.card, "redo")
	if opened.Modal == nil {
		t.Fatal("no form was opened")
	}
	id, err := s.discord.SubmitModal(t.Context(), s.ann.ID, opened.ID, s.fill(opened, "prompt", "a bird"))
	if err != nil {
		t.Fatal(err)
	}
	r := s.ordered(s.answer(id))
	if r.Params["prompt"] != "a bird" || r.Params["seed"] != s.request(a.id).Params["seed"] {
		t.Errorf("ordered %v of %v", r.Params, s.request(a.id).Params)
	}
}

func TestAFormThatCanNotBeMeantIsOpenedAgain(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.finishedJob(pictures(1)...)
	opened := s.click(s.ann.ID, a.card, "redo")
	id, err := s.discord.SubmitModal(t.Context(), s.ann.ID, opened.ID, s.fill(opened, "seed", "much"))
	if err != nil {
		t.Fatal(err)
	}
	i := s.answer(id)
	m := s.discord.Message(i.Original)
	if m == nil || !m.Ephemeral() || !strings.Contains(textOf(m), "much") {
		t.Fatalf("answered by %s", textOf(m))
	}
	again := s.click(s.ann.ID, m.ID, "settings")
	if again.Modal == nil {
		t.Fatal("the form does not open again")
	}
	id, err = s.discord.SubmitModal(t.Context(), s.ann.ID, again.ID, s.fill(again, "seed", "7"))
	if err != nil {
		t.Fatal(err)
	}
	if r := s.ordered(s.answer(id)); r.Params["prompt"] != "a fish" {
		t.Errorf("ordered %v", r.Params)
	}
}

func TestUpscaleTakesTheStoredPicture(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.finishedJob(pictures(1)...)
	i := s.click(s.ann.ID, a.card, "upscale")
	r := s.ordered(i)
	if r.Workflow != "test-upscale" || len(r.Inputs) != 1 {
		t.Errorf("ordered %+v", r)
	}
	s.queued(r.ID)
	s.running(r.ID)
	s.done(r.ID, pictures(1)...)
	s.finished(i.Original, 1)
}

func TestAnOldPictureIsTakenFromItsMessage(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.finishedJob(pictures(2)...)
	s.forgetFiles(a.id)
	picked := s.selectNumber(a, "2")
	m := s.discord.Message(picked.Original)
	r := s.ordered(s.click(s.ann.ID, m.ID, "upscale"))
	if len(r.Inputs) != 1 {
		t.Errorf("ordered %+v", r)
	}
}

func TestEditAsksForWords(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.finishedJob(pictures(1)...)
	i := s.click(s.ann.ID, a.card, "edit")
	if i.Modal != nil {
		id, err := s.discord.SubmitModal(t.Context(), s.ann.ID, i.ID, nil)
		if err != nil {
			t.Fatal(err)
		}
		i = s.answer(id)
	}
	if r := s.ordered(i); len(r.Inputs) != 1 {
		t.Errorf("ordered %+v", r)
	}
}

func TestDeleteRemovesMessageAndFiles(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]time.Duration{"at once": 0, "when the token is dead": lostToken} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, settings{})
			a := s.finishedJob(pictures(1)...)
			s.settled(s.in)
			s.discord.Advance(late)
			if m := s.discord.Message(s.click(s.bob.ID, a.card, "delete").Original); m == nil || !m.Ephemeral() || customID(m, "erase") != "" {
				t.Errorf("somebody else may delete: %s", textOf(m))
			}
			s.click(s.ann.ID, a.card, "delete")
			var confirm *discordsim.Message
			s.await("a question", func() bool {
				for _, m := range s.discord.Messages(s.channel.ID, s.ann.ID) {
					if customID(m, "erase") != "" {
						confirm = m
					}
				}
				return confirm != nil
			})
			s.click(s.ann.ID, confirm.ID, "erase")
			s.await("no card", func() bool { return s.discord.Message(a.card) == nil })
			s.await("no file", func() bool {
				st, err := s.broker.Last(t.Context(), a.id)
				if err != nil {
					return false
				}
				_, err = s.broker.ResultInfo(t.Context(), st.Results[0].Name)
				return err != nil
			})
		})
	}
}

func TestCancelIsForOwnersAndModerators(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{ingress: open(discord.Config{})})
	mod := s.discord.AddUser(discordsim.NewUser{Name: "mod"})
	s.discord.AddRole(s.guild.ID, "moderators", discordsim.ManageMessages, mod.ID)
	a := s.askInChannel()
	s.queued(a.id)
	a.shows("Next in line")
	if m := s.discord.Message(s.click(s.bob.ID, a.card, "cancel").Original); m == nil || !m.Ephemeral() || m.ID == a.card {
		t.Errorf("bob reads %s", textOf(m))
	}
	s.click(mod.ID, a.card, "cancel")
	a.shows("ancelled")
	if st, err := s.broker.Last(t.Context(), a.id); err != nil || st.Phase != job.Cancelled {
		t.Errorf("the job is %s, %v", st.Phase, err)
	}
}

func TestOthersAreRefusedBySetting(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.finishedJob(pictures(1)...)
	i := s.click(s.bob.ID, a.card, "vary")
	if m := s.discord.Message(i.Original); m == nil || !m.Ephemeral() {
		t.Errorf("bob reads %s", textOf(m))
	}
	if s.request(jobOf(i)) != nil {
		t.Error("bob has ordered something")
	}
}

func TestAPrivateJobIsHidden(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{ingress: open(discord.Config{})})
	a := s.ask(discordsim.Invocation{User: s.ann.ID, Channel: s.channel.ID, Options: map[string]any{
		"prompt": "a secret", "workflow": "txt2img", "private": true,
	}})
	s.queued(a.id)
	s.done(a.id, pictures(1)...)
	s.finished(a.card, 1)
	show := func(user discordsim.ID) *discordsim.Message {
		i := s.invokeAs(discordsim.Invocation{User: user, Channel: s.channel.ID, Command: "show", Options: map[string]any{"job": a.id.String()}})
		var m *discordsim.Message
		s.await("an answer", func() bool {
			m = s.discord.Message(i.Original)
			return m != nil && !m.Loading()
		})
		return m
	}
	if m := show(s.bob.ID); strings.Contains(textOf(m), "secret") || len(m.Attachments) > 0 {
		t.Errorf("bob sees %s", textOf(m))
	}
	if m := show(s.ann.ID); !strings.Contains(textOf(m), "secret") || !m.Ephemeral() {
		t.Errorf("ann sees %s", textOf(m))
	}
	again := s.click(s.ann.ID, a.card, "vary")
	if m := s.discord.Message(again.Original); m == nil || !m.Ephemeral() {
		t.Errorf("what follows a private job is %s", textOf(m))
	}
}

func TestARecordThatIsGone(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{ingress: open(discord.Config{})})
	a := s.finishedJob(pictures(1)...)
	s.settled(s.in)
	s.forget(a.id)
	i := s.click(s.bob.ID, a.card, "vary")
	m := s.discord.Message(i.Original)
	if m == nil || !m.Ephemeral() || customID(m, "upscale") == "" {
		t.Fatalf("bob reads %s", textOf(m))
	}
	if r := s.ordered(s.click(s.bob.ID, m.ID, "upscale")); len(r.Inputs) != 1 {
		t.Errorf("ordered %+v", r)
	}
	if r := s.ordered(s.click(s.bob.ID, a.card, "upscale")); len(r.Inputs) != 1 {
		t.Errorf("ordered %+v", r)
	}
}
