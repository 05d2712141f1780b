package discord_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

const lostToken = 16 * time.Minute

// asked is a job that was asked for on Discord, and has its card.
type asked struct {
	*script
	id   job.ID
	card discordsim.ID
}

// ask orders a picture and waits until the bridge has it.
func (s *script) ask(v discordsim.Invocation) asked {
	s.Helper()
	if v.Command == "" {
		v.Command = "generate"
	}
	if v.Options == nil {
		v.Options = map[string]any{}
	}
	if v.Command == "generate" && v.Options["prompt"] == nil {
		v.Options["prompt"], v.Options["workflow"] = "a fish", "txt2img"
	}
	i := s.invokeAs(v)
	for n := 0; n < 5 && strings.Contains(textOf(s.discord.Message(i.Original)), "so nothing was started"); n++ {
		i = s.invokeAs(v) // on a busy machine NATS may be too slow for an answer in time
	}
	a := asked{script: s, id: jobOf(i), card: i.Original}
	s.arrived(a.id)
	s.await("a handle that knows its card", func() bool { return s.knownCard(a.id) })
	return a
}

// knownCard reports whether the ingress has noted which message the card is.
// It waits for that a few seconds of Discord's time, which tests move.
func (s *stack) knownCard(id job.ID) bool {
	h, err := reply.Store{Keeper: s.broker}.Get(s.Context(), id)
	return err == nil && h.Card != ""
}

func (s *script) askInChannel() asked {
	s.Helper()
	return s.ask(discordsim.Invocation{User: s.ann.ID, Channel: s.channel.ID})
}

func (a asked) message() *discordsim.Message { return a.discord.Message(a.card) }

// shows waits until the card says something.
func (a asked) shows(text string) *discordsim.Message {
	a.Helper()
	a.await("a card that says "+text, func() bool { return strings.Contains(textOf(a.message()), text) })
	return a.message()
}

// replies are the messages that answer the card.
func (a asked) replies() (all []*discordsim.Message) {
	for _, m := range a.discord.Messages(a.channel.ID, 0) {
		if m.Reference == a.card {
			all = append(all, m)
		}
	}
	return all
}

// told waits for the message that tells the asker, and nobody else.
func (a asked) told(files int) *discordsim.Message {
	a.Helper()
	a.await("a message that replies to the card", func() bool {
		all := a.replies()
		return len(all) > 0 && len(all[0].Attachments) == files
	})
	m := a.replies()[0]
	if !slices.Equal(m.Pinged, []discordsim.ID{a.ann.ID}) || m.Everyone {
		a.Errorf("the message pings %v", m.Pinged)
	}
	return m
}

// settled waits until the ingress holds no open card, which is when the end
// was acknowledged.
func (s *stack) settled(in *discord.Ingress) {
	s.Helper()
	s.await("an ingress without open cards", func() bool { return in.Stats().Board.Open == 0 })
}

func scripted(t *testing.T, c settings) *script {
	t.Helper()
	c.replicas = -1
	s := start(t, c)
	sc := s.startScript()
	s.in, s.stopIn = s.startIngress(c.ingress)
	return sc
}

func TestACardGoesFromTheLineToTheEnd(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a, b := s.askInChannel(), s.askInChannel()
	s.queued(a.id, b.id)
	b.shows("2nd in line")
	s.running(a.id)
	s.progress(a.id, 40)
	a.shows(" 40 %")
	s.done(a.id, pictures(1)...)
	m := s.finished(a.card, 1)
	if len(a.replies()) > 0 {
		t.Error("a quick result was told by a message of its own")
	}
	if customID(m, "refresh") != "" {
		t.Error("a card that the bot can edit has a button to refresh")
	}
	s.failed(b.id)
	b.shows("it went wrong")
	s.settled(s.in)
}

func TestPeopleAreToldWhoWaitedLong(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.askInChannel()
	s.queued(a.id)
	s.discord.Advance(2 * time.Minute)
	s.done(a.id, pictures(2)...)
	m := a.told(2)
	s.await("a card that leads there", func() bool { return strings.Contains(textOf(a.message()), m.ID.String()) })
	if customID(m, "vary") == "" || customID(a.message(), "vary") != "" {
		t.Errorf("the buttons are at the wrong message: %s", textOf(a.message()))
	}
	s.settled(s.in)
	if n := len(a.replies()); n != 1 {
		t.Errorf("told %d times", n)
	}
}

func TestWithoutTheRightToSendTheCardIsEdited(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]time.Duration{"by its token": 2 * time.Minute, "by the bot's": lostToken, "when it is old": 70 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, settings{})
			s.discord.Deny(s.channel.ID, discordsim.SendMessages)
			a := s.askInChannel()
			s.queued(a.id)
			s.discord.Advance(late)
			s.running(a.id)
			s.progress(a.id, 30)
			a.shows(" 30 %")
			s.done(a.id, pictures(1)...)
			s.finished(a.card, 1)
			s.settled(s.in)
		})
	}
}

func TestAPrivateResultWaitsForAClick(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]time.Duration{"16 minutes": lostToken, "70 minutes": 70 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, settings{})
			a := s.ask(discordsim.Invocation{User: s.ann.ID, Channel: s.channel.ID, Options: map[string]any{
				"prompt": "a fish", "workflow": "txt2img", "private": true,
			}})
			if !a.message().Ephemeral() || customID(a.message(), "refresh") == "" {
				t.Fatalf("the card is %s", textOf(a.message()))
			}
			s.queued(a.id)
			s.discord.Advance(late)
			s.done(a.id, pictures(1)...)
			s.settled(s.in)
			if len(a.message().Attachments) > 0 {
				t.Fatal("Discord let a dead token edit")
			}
			s.click(s.ann.ID, a.card, "refresh")
			s.finished(a.card, 1)
			s.settled(s.in)
			if all := s.discord.Messages(s.channel.ID, s.bob.ID); len(all) > 0 {
				t.Errorf("bob sees %s", textOf(all[0]))
			}
		})
	}
}

func TestADeletedCardIsReplaced(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.askInChannel()
	s.queued(a.id)
	a.shows("Next in line")
	s.discord.DeleteMessage(a.card)
	s.running(a.id)
	s.progress(a.id, 10)
	s.done(a.id, pictures(1)...)
	s.await("a new message with the result", func() bool {
		all := s.discord.Messages(s.channel.ID, 0)
		return len(all) == 1 && len(all[0].Attachments) == 1 && slices.Equal(all[0].Pinged, []discordsim.ID{s.ann.ID})
	})
	s.settled(s.in)
}

func TestAChannelThatIsGone(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.askInChannel()
	s.queued(a.id)
	s.discord.Advance(lostToken)
	s.discord.DeleteChannel(s.channel.ID)
	s.done(a.id, pictures(1)...)
	s.settled(s.in)
	other := s.discord.AddChannel(discordsim.NewChannel{Guild: s.guild.ID, Name: "other"})
	i := s.invokeAs(discordsim.Invocation{User: s.ann.ID, Channel: other.ID, Command: "show", Options: map[string]any{"job": a.id.String()}})
	s.await("the record, with its file", func() bool {
		m := s.discord.Message(i.Original)
		return m != nil && m.Ephemeral() && len(m.Attachments) == 1
	})
}

func TestWordsThatAutoModRefuses(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	s.discord.Block("fish")
	a := s.askInChannel()
	s.queued(a.id)
	s.running(a.id)
	s.progress(a.id, 20)
	a.shows(" 20 %")
	s.done(a.id, pictures(1)...)
	m := s.finished(a.card, 1)
	if strings.Contains(textOf(m), "fish") {
		t.Errorf("the card says what AutoMod refuses: %s", textOf(m))
	}
}

func TestDiscordIsDownForAWhile(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.askInChannel()
	s.queued(a.id)
	mend := s.discord.Break(discordsim.Fault{Status: 503})
	s.running(a.id)
	s.progress(a.id, 20)
	s.done(a.id, pictures(1)...)
	s.await("refused edits", func() bool { return s.in.Stats().Board.Refusals > 2 })
	mend()
	s.finished(a.card, 1)
	s.settled(s.in)
}

func TestAnAnswerThatIsTooLateCancelsTheJob(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	s.discord.Break(discordsim.Fault{Route: "/callback", Wait: 3200 * time.Millisecond, Times: 1})
	id, err := s.discord.Invoke(t.Context(), discordsim.Invocation{
		User: s.ann.ID, Channel: s.channel.ID, Command: "generate", Options: map[string]any{"prompt": "a fish", "workflow": "txt2img"},
	})
	if err != nil {
		t.Fatal(err)
	}
	of := job.FromInteraction(id.String())
	s.queued(of)
	s.await("a cancelled job", func() bool {
		st, err := s.broker.Last(t.Context(), of)
		return err == nil && st.Phase == job.Cancelled
	})
	s.settled(s.in)
	if all := s.discord.Messages(s.channel.ID, 0); len(all) > 0 {
		t.Errorf("somebody was told: %s", textOf(all[0]))
	}
}

func TestAnAnswerThatIsTooLateForARunningJob(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	s.discord.Break(discordsim.Fault{Route: "/callback", Wait: 3200 * time.Millisecond, Times: 1})
	id, err := s.discord.Invoke(t.Context(), discordsim.Invocation{
		User: s.ann.ID, Channel: s.channel.ID, Command: "generate", Options: map[string]any{"prompt": "a fish", "workflow": "txt2img"},
	})
	if err != nil {
		t.Fatal(err)
	}
	of := job.FromInteraction(id.String())
	s.queued(of)
	s.running(of)
	s.await("a handle that says that there is no card", func() bool { return s.lost(of) })
	s.done(of, pictures(1)...)
	s.await("a message in the channel", func() bool {
		all := s.discord.Messages(s.channel.ID, 0)
		return len(all) == 1 && len(all[0].Attachments) == 1 && slices.Equal(all[0].Pinged, []discordsim.ID{s.ann.ID})
	})
	s.settled(s.in)
}
