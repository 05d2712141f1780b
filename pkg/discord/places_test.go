package discord_test

import (
	"slices"
	"testing"
	"time"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
)

// Where a job was asked for, and how long it took, decides how its result gets
// to who asked: by a new message, or by the button that brings it.
func TestLongJobsInEveryPlace(t *testing.T) {
	t.Parallel()
	everywhere := discord.Config{DirectMessages: true, UserInstall: true}
	places := map[string]struct {
		place func(s *script) discordsim.Invocation
		click bool // the result waits for a click
	}{
		"a guild": {func(s *script) discordsim.Invocation {
			return discordsim.Invocation{User: s.ann.ID, Channel: s.channel.ID}
		}, false},
		"direct messages": {func(s *script) discordsim.Invocation {
			return discordsim.Invocation{User: s.ann.ID}
		}, false},
		"a guild without the bot": {func(s *script) discordsim.Invocation {
			carl := s.discord.AddUser(discordsim.NewUser{Name: "carl", Installed: true})
			guild := s.discord.AddGuild(discordsim.NewGuild{Name: "away", Absent: true})
			channel := s.discord.AddChannel(discordsim.NewChannel{Guild: guild.ID, Name: "elsewhere"})
			return discordsim.Invocation{User: carl.ID, Channel: channel.ID}
		}, true},
		"a private channel": {func(s *script) discordsim.Invocation {
			carl := s.discord.AddUser(discordsim.NewUser{Name: "carl", Installed: true})
			channel := s.discord.AddChannel(discordsim.NewChannel{Name: "group", People: []discordsim.ID{carl.ID, s.bob.ID}})
			return discordsim.Invocation{User: carl.ID, Channel: channel.ID}
		}, true},
	}
	for name, p := range places {
		for _, late := range []time.Duration{16 * time.Minute, 70 * time.Minute} {
			t.Run(name+" "+late.String(), func(t *testing.T) {
				t.Parallel()
				s := scripted(t, settings{ingress: everywhere})
				v := p.place(s)
				a := s.ask(v)
				where := a.message().Channel
				if hasRefresh := customID(a.message(), "refresh") != ""; hasRefresh != p.click {
					t.Fatalf("a button to refresh: %v", hasRefresh)
				}
				s.queued(a.id)
				s.running(a.id)
				s.progress(a.id, 10)
				a.shows(" 10 %")
				s.discord.Advance(late)
				s.done(a.id, pictures(1)...)
				s.settled(s.in)
				if p.click {
					s.click(v.User, a.card, "refresh")
					s.finished(a.card, 1)
					return
				}
				s.await("a message with the result", func() bool {
					return slices.ContainsFunc(s.discord.Messages(where, 0), func(m *discordsim.Message) bool {
						return m.Reference == a.card && len(m.Attachments) == 1 && slices.Equal(m.Pinged, []discordsim.ID{v.User})
					})
				})
			})
		}
	}
}

// A click on the card of a running job brings a token by which the card goes on.
func TestRefreshBringsARunningCardBackToLife(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.ask(discordsim.Invocation{User: s.ann.ID, Channel: s.channel.ID, Options: map[string]any{
		"prompt": "a fish", "workflow": "txt2img", "private": true,
	}})
	s.queued(a.id)
	s.running(a.id)
	s.discord.Advance(16 * time.Minute)
	s.progress(a.id, 33)
	s.click(s.ann.ID, a.card, "refresh")
	a.shows(" 33 %")
	s.done(a.id, pictures(1)...)
	s.finished(a.card, 1)
}
