package discord_test

import (
	"context"
	"flag"
	"testing"
	"time"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/job"
)

var (
	outageTime = flag.Duration("outage", 2*time.Second, "how long Discord answers nothing but 500")
	allOutages = flag.Bool("outages", false, "let things go wrong in every way, not in a few")
)

// told is the age of a job, the outage included, of whose end people are told.
const told = 10 * time.Minute

// live lets a job progress until the returned function is called.
func (a asked) live() (stop func()) {
	return a.run("progress", func(ctx context.Context) error {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for percent := 1.0; ; percent = min(99, percent+0.1) {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
				a.progress(a.id, percent)
			}
		}
	})
}

// For a while every request to Discord is answered with 500, whether or not it
// was done, while cards are live and results are delivered. Afterwards
// everything is there, once.
func TestDiscordAnswersNothingBut500(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		few      bool // tested without -outages too
		fault    discordsim.Fault
		late     time.Duration // passes before: the result is told by a new message, or the token is dead
		replicas int
		messages int // that there are in the end: the card, further files, the one that tells
	}{
		"and does nothing":                   {false, discordsim.Fault{Status: 500}, 0, 1, 2},
		"and does what it was asked":         {true, discordsim.Fault{Status: 500, Done: true}, 0, 1, 2},
		"and people are told":                {true, discordsim.Fault{Status: 500}, told, 1, 3},
		"and people are told all the same":   {false, discordsim.Fault{Status: 500, Done: true}, told, 1, 3},
		"to three replicas":                  {false, discordsim.Fault{Status: 500}, 0, 3, 2},
		"to three, and does what they asked": {true, discordsim.Fault{Status: 502, Done: true}, told, 3, 3},
		"and the token dies":                 {false, discordsim.Fault{Status: 503}, lostToken, 1, 3},
	} {
		if !c.few && !*allOutages {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := discord.Config{TellAfter: *outageTime + time.Minute}
			s := scripted(t, settings{quiet: true, ingress: config})
			for range c.replicas - 1 {
				s.startIngress(config)
			}
			a := s.askInChannel()
			s.queued(a.id)
			s.running(a.id)
			stop := a.live()
			a.shows("Running")
			s.discord.Advance(c.late)
			over := time.After(*outageTime)
			mend := s.discord.Break(c.fault)
			<-time.After(*outageTime / 2) // the card is live
			stop()
			s.done(a.id, pictures(14)...)
			<-over // the result is on its way
			mend()
			s.await("an end that is done", func() bool { return !s.answeredIn(a.id).Ending.Done.IsZero() })
			s.await("what was begun to arrive", func() bool { return s.filesSeen(0) == 14 })
			if n := len(s.discord.Messages(s.channel.ID, 0)); n != c.messages {
				s.dump()
				t.Errorf("there are %d messages, want %d", n, c.messages)
			}
			s.toldOnce(a, c.late > 0)
		})
	}
}

// toldOnce: people are told once, or not at all.
func (s *script) toldOnce(a asked, told bool) {
	s.Helper()
	pings := 0
	for _, m := range s.discord.Messages(s.channel.ID, 0) {
		pings += len(m.Pinged)
	}
	if (pings == 1) != told || pings > 1 {
		s.Errorf("people were told %d times, want it: %v", pings, told)
	}
}

// Who asks meanwhile gets no answer that Discord shows: the job is cancelled
// while it waits. Where the answer did arrive, it has its card.
func TestWhoAsksWhileDiscordAnswersNothingBut500(t *testing.T) {
	t.Parallel()
	for name, done := range map[string]bool{"and does nothing": false, "and does what it was asked": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, settings{quiet: true, ingress: discord.Config{TellAfter: *outageTime + time.Minute}})
			mend := s.discord.Break(discordsim.Fault{Status: 500, Done: done})
			id, err := s.discord.Invoke(t.Context(), discordsim.Invocation{
				User: s.ann.ID, Channel: s.channel.ID, Command: "generate", Options: map[string]any{"prompt": "a fish", "workflow": "txt2img"},
			})
			if err != nil {
				t.Fatal(err)
			}
			of := job.FromInteraction(id.String())
			s.queued(of)
			<-time.After(*outageTime)
			mend()
			s.discord.Advance(10 * time.Second) // after which an unknown token will stay so
			if done {
				s.done(of, pictures(1)...)
				s.finished(s.discord.Interaction(id).Original, 1)
			} else {
				s.await("a cancelled job", func() bool {
					st, err := s.broker.Last(t.Context(), of)
					return err == nil && st.Phase == job.Cancelled
				})
			}
			s.settled(s.in)
			if n := len(s.discord.Messages(s.channel.ID, 0)); (n == 1) != done || n > 1 {
				t.Errorf("there are %d messages", n)
			}
		})
	}
}
