package discord_test

import (
	"strings"
	"testing"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
)

// question is what somebody is asked, for them alone, after they clicked Delete.
func (s *stack) question(channel, user discordsim.ID) *discordsim.Message {
	s.Helper()
	var asked *discordsim.Message
	s.await("a question", func() bool {
		for _, m := range s.discord.Messages(channel, user) {
			if m.Ephemeral() && customID(m, "erase") != "" {
				asked = m
			}
		}
		return asked != nil
	})
	return asked
}

// When it is not stored any more where a job is shown its owner, by the record,
// and moderators still delete the message that they clicked; when nothing is
// known of it moderators do. Everybody is told what was done, or why not.
func TestDeleteWhenTheHandleIsGone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		nothing bool // is known of the job
		who     func(s *script, mod discordsim.ID) discordsim.ID
		refused string
	}{
		"its owner":                          {false, func(s *script, _ discordsim.ID) discordsim.ID { return s.ann.ID }, ""},
		"a moderator":                        {false, func(_ *script, mod discordsim.ID) discordsim.ID { return mod }, ""},
		"somebody else":                      {false, func(s *script, _ discordsim.ID) discordsim.ID { return s.bob.ID }, "Only the one who asked"},
		"a moderator, when nothing is known": {true, func(_ *script, mod discordsim.ID) discordsim.ID { return mod }, ""},
		"who may have asked, when nothing is known": {true, func(s *script, _ discordsim.ID) discordsim.ID { return s.ann.ID }, "only moderators can delete"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, settings{})
			mod := s.discord.AddUser(discordsim.NewUser{Name: "mod"})
			s.discord.AddRole(s.guild.ID, "moderators", discordsim.ManageMessages, mod.ID)
			a := s.finishedJob(pictures(1)...)
			s.settled(s.in)
			if test.nothing {
				s.forget(a.id)
			} else {
				s.purge("DISCOMFY_REPLIES", "discomfy.reply."+a.id.String())
			}
			who := test.who(s, mod.ID)
			i := s.click(who, a.card, "delete")
			if test.refused != "" {
				if m := s.discord.Message(i.Original); !m.Ephemeral() || !strings.Contains(textOf(m), test.refused) {
					t.Errorf("they read %s", textOf(m))
				}
				if s.discord.Message(a.card) == nil {
					t.Error("it is deleted")
				}
				return
			}
			q := s.question(s.channel.ID, who)
			if s.discord.Message(a.card) == nil {
				t.Fatal("it is deleted before the answer")
			}
			s.click(who, q.ID, "erase")
			s.await("no card", func() bool { return s.discord.Message(a.card) == nil })
			s.await("an account", func() bool { return strings.Contains(textOf(s.discord.Message(q.ID)), "Deleted") })
			if st, err := s.broker.Last(t.Context(), a.id); err == nil {
				for _, r := range st.Results {
					if _, err := s.broker.ResultInfo(t.Context(), r.Name); err == nil {
						t.Errorf("file %s is still stored", r.Name)
					}
				}
			}
		})
	}
}

// What nobody but the asker can reach is deleted by the token of the click, for
// there is no other that can, and told too.
func TestDeleteOfAPrivateMessageWhenTheHandleIsGone(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{ingress: discord.Config{DirectMessages: true}})
	for name, v := range map[string]discordsim.Invocation{
		"ephemeral":       {User: s.ann.ID, Channel: s.channel.ID, Options: map[string]any{"prompt": "a fish", "workflow": "txt2img", "private": true}},
		"direct messages": {User: s.ann.ID, Options: map[string]any{"prompt": "a fish", "workflow": "txt2img"}},
	} {
		a := s.ask(v)
		s.queued(a.id)
		s.running(a.id)
		s.done(a.id, pictures(1)...)
		m := s.finished(a.card, 1)
		s.settled(s.in)
		s.forget(a.id)
		s.click(s.ann.ID, a.card, "delete")
		if !m.Ephemeral() {
			s.click(s.ann.ID, s.question(m.Channel, s.ann.ID).ID, "erase")
		}
		s.await("no card: "+name, func() bool { return s.discord.Message(a.card) == nil })
		s.await("an account: "+name, func() bool {
			for _, m := range s.discord.Messages(m.Channel, s.ann.ID) {
				if strings.Contains(textOf(m), "Deleted") {
					return true
				}
			}
			return false
		})
	}
}
