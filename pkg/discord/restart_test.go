package discord_test

import (
	"testing"

	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded"
	"discomfy/pkg/discord"
	"discomfy/pkg/job"
)

// Everything is restarted: an open card finishes, an old button works.
func TestAfterARestartOfEverything(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	old := s.finishedJob(pictures(1)...)
	open := s.askInChannel()
	s.queued(open.id)
	open.shows("Next in line")
	s.stopIn()
	s.stopScript()
	s.restartNATS()
	sc := s.startScript()
	s.in, s.stopIn = s.startIngress(discord.Config{})
	sc.arrived(open.id)
	sc.running(open.id)
	sc.progress(open.id, 50)
	open.script = sc
	open.shows(" 50 %")
	sc.done(open.id, pictures(1)...)
	s.finished(open.card, 1)
	i := s.click(s.ann.ID, old.card, "vary")
	sc.arrived(jobOf(i))
}

// restartNATS stops the server, and starts it again with what it has stored.
func (s *stack) restartNATS() {
	s.Helper()
	s.nats.Shutdown()
	again, err := embedded.Start(embedded.Config{Dir: s.store})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(again.Shutdown)
	s.nats = again
	s.broker = s.connect("test")
	if err := s.broker.Init(s.Context(), broker.InitConfig{Queues: []job.Queue{job.DefaultQueue}, Discord: true}); err != nil {
		s.Fatal(err)
	}
}
