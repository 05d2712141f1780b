package discord_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/job"
)

// It runs alone: each of its jobs waits for the disk, like those of the others.
func TestManyInteractionsOfThreeReplicas(t *testing.T) { //nolint:paralleltest // see above
	interactions := 500
	if testing.Short() {
		interactions = 60
	}
	s := start(t, settings{replicas: 3, ingress: discord.Config{MaxWaiting: interactions}})
	sc := s.startScript()
	s.await("what can be ordered", func() bool {
		i := s.invoke("help", nil)
		return i != nil
	})
	// So many at a time: how fast they come is the machine's affair, that none
	// is lost, doubled or late is ours. Who has many jobs waits for others of
	// theirs at each, so that there are many people, too.
	const together = 10
	people := []discordsim.ID{s.ann.ID, s.bob.ID}
	for len(people) < 5*together {
		u := s.discord.AddUser(discordsim.NewUser{Name: "user" + strconv.Itoa(len(people))})
		s.discord.AddMember(s.guild.ID, u.ID)
		people = append(people, u.ID)
	}
	slowest := time.Duration(0)
	ids := make([]discordsim.ID, 0, together)
	for n := range interactions {
		id, err := s.discord.Invoke(t.Context(), discordsim.Invocation{
			User: people[n%len(people)], Channel: s.channel.ID, Command: "generate", Options: map[string]any{"prompt": "a fish", "workflow": "txt2img"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if ids = append(ids, id); len(ids) < together && n < interactions-1 {
			continue
		}
		for _, id := range ids {
			slowest = max(slowest, s.answer(id).Waited())
			sc.arrived(job.FromInteraction(id.String()))
		}
		ids = ids[:0]
	}
	jobs, err := s.broker.PendingJobs(t.Context(), job.DefaultQueue)
	if err != nil || len(jobs) != interactions {
		t.Errorf("%d jobs of %d interactions, %v", len(jobs), interactions, err)
	}
	if all := s.discord.Messages(s.channel.ID, 0); len(all) != interactions+1 {
		t.Errorf("%d messages answer %d interactions", len(all), interactions+1)
	}
	t.Logf("the slowest of %d answers took %v", interactions, slowest)
}

func TestAKilledReplicasCardGoesOn(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{replicas: -1})
	s.stopIn()
	replicas := []*replica{s.startReplica(discord.Config{}), s.startReplica(discord.Config{})}
	a := s.askInChannel()
	s.queued(a.id)
	s.running(a.id)
	s.keepTicking(a.id)
	var owner *replica
	s.await("a replica that edits", func() bool {
		for _, r := range replicas {
			if r.Stats().Board.Edits > 2 {
				owner = r
			}
		}
		return owner != nil
	})
	owner.kill()
	other := replicas[0]
	if other == owner {
		other = replicas[1]
	}
	killed, edits := time.Now(), other.Stats().Board.Edits
	s.await("an edit of the other", func() bool { return other.Stats().Board.Edits > edits })
	t.Logf("the card went on %v after the kill", time.Since(killed))
	s.done(a.id, pictures(1)...)
	s.finished(a.card, 1)
}

// A replica that has claimed an interaction and can not answer it, because it
// died or because Discord is not reached, is stood in for.
func TestWhatNobodyHasAnsweredIsTakenOver(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	mute := s.startReplica(discord.Config{})
	mute.door.shut()
	for range 60 {
		i := s.invoke("generate", map[string]any{"prompt": "a fish", "workflow": "txt2img"})
		if i.Waited() > 3*time.Second {
			t.Errorf("answered after %v", i.Waited())
		}
		id := s.arrived(jobOf(i)).ID
		s.failed(id)
		if s.in.Stats().Desk.TookOver > 0 {
			s.await("a card that tells the end", func() bool {
				return strings.Contains(textOf(s.discord.Message(i.Original)), "it went wrong")
			})
			return
		}
	}
	t.Error("nothing had to be taken over")
}

func TestASlowBrokerIsToldInTime(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	s.stopIn()
	r := s.startReplica(discord.Config{})
	s.invoke("help", nil)
	r.wire.freeze()
	for _, command := range []string{"generate", "queue"} {
		options := map[string]any{}
		if command == "generate" {
			options = map[string]any{"prompt": "a fish", "workflow": "txt2img"}
		}
		i := s.invoke(command, options)
		m := s.discord.Message(i.Original)
		if i.Waited() > 2*time.Second || m == nil || !m.Ephemeral() || !strings.Contains(textOf(m), "queue") {
			t.Errorf("/%s was answered after %v by %s", command, i.Waited(), textOf(m))
		}
	}
	r.wire.thaw()
	if jobs, err := s.broker.PendingJobs(t.Context(), job.DefaultQueue); err != nil || len(jobs) > 0 {
		t.Errorf("jobs were ordered: %v, %v", jobs, err)
	}
}

// keepTicking publishes progress ten times a second until the test ends.
func (s *script) keepTicking(id job.ID) {
	done := make(chan struct{})
	s.Cleanup(func() { <-done })
	ctx := s.Context()
	go func() {
		defer close(done)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for p := 1.0; ; p++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				s.progress(id, min(p/10, 99))
			}
		}
	}()
}
