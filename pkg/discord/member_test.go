package discord_test

import (
	"strings"
	"testing"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/job"
)

// With an allow-list of servers nobody else gets at the GPU by direct messages,
// or by an installation of their own.
func TestOutsideOfServersTheAllowListIsItsMembers(t *testing.T) {
	t.Parallel()
	s := start(t, settings{replicas: -1})
	s.startScript()
	dave := s.discord.AddUser(discordsim.NewUser{Name: "dave", Installed: true})
	private := s.discord.AddChannel(discordsim.NewChannel{Name: "group", People: []discordsim.ID{dave.ID, s.bob.ID}})
	other := s.discord.AddGuild(discordsim.NewGuild{Name: "strangers"}) // dave is a member of this one
	s.startIngress(discord.Config{Guilds: []string{s.guild.ID.String()}, DirectMessages: true, UserInstall: true})
	ask := func(user, channel discordsim.ID, want string) {
		t.Helper()
		i := s.invokeAs(discordsim.Invocation{User: user, Channel: channel, Command: "generate", Options: map[string]any{"prompt": "a fish", "workflow": "txt2img"}})
		m := s.discord.Message(i.Original)
		if card := customID(m, "cancel") != ""; card != (want == "") || !strings.Contains(textOf(m), want) {
			t.Errorf("want %q: %s", want, textOf(m))
		}
	}
	ask(s.ann.ID, 0, "")
	ask(dave.ID, 0, "you are in none of them")
	ask(dave.ID, private.ID, "you are in none of them")
	ask(dave.ID, s.discord.AddChannel(discordsim.NewChannel{Guild: other.ID, Name: "there"}).ID, "other servers only")
	choices, err := s.discord.Autocomplete(t.Context(), discordsim.Invocation{User: dave.ID, Command: "generate"}, "workflow", "")
	if err != nil || len(choices) > 0 {
		t.Errorf("dave is offered %v, %v", choices, err)
	}
	s.discord.Break(discordsim.Fault{Route: "/members/", Status: 500})
	ask(s.bob.ID, 0, "Try again")
	ask(s.ann.ID, 0, "") // is remembered
	s.discord.Mend()
	ask(s.bob.ID, 0, "")
	if jobs, err := s.broker.PendingJobs(t.Context(), job.DefaultQueue); err != nil || len(jobs) != 3 {
		t.Errorf("%d jobs, %v", len(jobs), err)
	}
}
