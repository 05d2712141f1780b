package discord_test

import (
	"slices"
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
	// A busy machine's queue may be too slow for some, who are told, and ask again.
	for unheard, rounds := asked, 0; unheard > 0; rounds++ {
		if rounds == 10 {
			t.Fatalf("%d were not heard", unheard)
		}
		unheard = s.askAtOnce(unheard)
	}
	jobs, err := s.broker.PendingJobs(t.Context(), job.DefaultQueue)
	if err != nil || len(jobs) != most {
		t.Errorf("%d jobs, want %d: %v", len(jobs), most, err)
	}
	s.await("a card of each job", func() bool {
		cards := slices.DeleteFunc(s.discord.Messages(s.channel.ID, 0), func(m *discordsim.Message) bool { return customID(m, "cancel") == "" })
		return len(cards) == most
	})
}

// askAtOnce lets ann order so many pictures at the same time. It returns how
// many the queue was too slow for; all others read a card, or that she has too
// many.
func (s *stack) askAtOnce(n int) (unheard int) {
	s.Helper()
	var ids []discordsim.ID
	for range n {
		id, err := s.discord.Invoke(s.Context(), discordsim.Invocation{
			User: s.ann.ID, Channel: s.channel.ID, Command: "generate", Options: map[string]any{"prompt": "a fish", "workflow": "txt2img"},
		})
		if err != nil {
			s.Fatal(err)
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		m := s.discord.Message(s.answer(id).Original)
		text := textOf(m)
		switch {
		case customID(m, "cancel") != "":
		case m.Ephemeral() && strings.Contains(text, "5 jobs waiting"):
		case strings.Contains(text, "can not be reached"), strings.Contains(text, "Could not confirm"):
			unheard++
		default:
			s.Errorf("somebody reads %s", text)
		}
	}
	return unheard
}
