package discord_test

import (
	"testing"

	"discomfy/pkg/discord/discordsim"
)

// A request that Discord loses is made once more while there is time, and one
// of which only the answer is lost is not taken for another.
func TestAnAnswerThatGotLostIsGivenAgain(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]discordsim.Fault{
		"before Discord had it": {Route: "/callback", Status: 502, Times: 1},
		"after Discord had it":  {Route: "/callback", Status: 502, Times: 1, Done: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, settings{})
			s.discord.Break(fault)
			a := s.askInChannel()
			s.queued(a.id)
			s.running(a.id)
			s.done(a.id, pictures(1)...)
			s.finished(a.card, 1)
			s.settled(s.in)
			if n := len(s.discord.Messages(s.channel.ID, 0)); n != 1 {
				t.Errorf("there are %d messages", n)
			}
		})
	}
}
