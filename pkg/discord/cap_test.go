package discord_test

import (
	"strings"
	"testing"

	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/job"
)

// However many orders of one person are taken at the same time, by whatever
// replicas: no more wait than the cap allows, and the others are told why.
func TestOneMayHaveSoManyWaiting(t *testing.T) {
	t.Parallel()
	s := start(t, settings{replicas: 3})
	s.startScript()
	const asked, most = 10, 5
	var ids []discordsim.ID
	for range asked {
		id, err := s.discord.Invoke(t.Context(), discordsim.Invocation{
			User: s.ann.ID, Channel: s.channel.ID, Command: "generate", Options: map[string]any{"prompt": "a fish", "workflow": "txt2img"},
		})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	cards := 0
	for _, id := range ids {
		switch m := s.discord.Message(s.answer(id).Original); {
		case customID(m, "cancel") != "":
			cards++
		case !m.Ephemeral() || !strings.Contains(textOf(m), "5 jobs waiting"):
			t.Errorf("somebody reads %s", textOf(m))
		}
	}
	jobs, err := s.broker.PendingJobs(t.Context(), job.DefaultQueue)
	if err != nil || len(jobs) != most || cards != most {
		t.Errorf("%d jobs and %d cards, want %d: %v", len(jobs), cards, most, err)
	}
}
