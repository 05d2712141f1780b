package discord_test

import (
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/job"
)

// leftBehind is an order with a picture whose only replica dies when it asks
// Discord for something; another one begins a while later.
func (s *script) leftBehind(request string, later time.Duration) *discordsim.Interaction {
	s.Helper()
	c := discord.Config{FetchBy: time.Second}
	only := s.startReplica(c)
	s.discord.SetURL(only.door.URL) // from where pictures are fetched
	killed := only.killAt(request)
	i := s.answer(s.upscale())
	select {
	case <-killed:
	case <-time.After(patience):
		s.Fatal("the replica never died")
	}
	if m := s.discord.Message(i.Original); !m.Loading() {
		s.Fatalf("the answer is %s", textOf(m))
	}
	s.discord.Advance(later)
	only.stop()
	only.door.open()
	in := s.newIngress(c, only.door.URL, s.nats)
	s.run("ingress", in.Run)
	return i
}

// An order whose asker reads "thinking" when all replicas die is gone on with by
// one that begins later, and has never heard of it.
func TestAnOrderWithPicturesOutlivesEveryReplica(t *testing.T) {
	t.Parallel()
	for name, request := range map[string]string{
		"while it fetches the picture": "GET /attachments",
		"when the job is published":    "PATCH /api",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, settings{replicas: -1}).startScript()
			i := s.leftBehind(request, 0)
			s.await("a card", func() bool { return customID(s.discord.Message(i.Original), "cancel") != "" })
			if r := s.arrived(jobOf(i)); len(r.Inputs) != 1 {
				t.Errorf("the job has the inputs %v", r.Inputs)
			}
			if jobs, err := s.broker.PendingJobs(t.Context(), job.DefaultQueue); err != nil || len(jobs) != 1 {
				t.Errorf("jobs %v, %v", jobs, err)
			}
			s.queued(jobOf(i))
			s.running(jobOf(i))
			s.done(jobOf(i), pictures(1)...)
			s.finished(i.Original, 1)
		})
	}
}

func TestAnOrderThatIsFoundTooLateIsToldInWords(t *testing.T) {
	t.Parallel()
	s := start(t, settings{replicas: -1}).startScript()
	i := s.leftBehind("GET /attachments", 13*time.Minute+35*time.Second)
	s.await("words", func() bool { return strings.Contains(textOf(s.discord.Message(i.Original)), "nothing was ordered") })
	if jobs, err := s.broker.PendingJobs(t.Context(), job.DefaultQueue); err != nil || len(jobs) > 0 {
		t.Errorf("jobs %v, %v", jobs, err)
	}
}
