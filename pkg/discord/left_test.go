package discord_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/job"
)

// mortal starts the only replica, which takes what was left behind for that after
// few seconds.
func (s *script) mortal() *replica {
	s.Helper()
	only := s.startReplica(discord.Config{FetchBy: time.Second})
	s.discord.SetURL(only.door.URL) // from where pictures are fetched
	return only
}

// succeeded lets the only replica die when it asks Discord for something, over
// what is done then; another one begins a while later.
func (s *script) succeeded(only *replica, request string, later time.Duration, what func() *discordsim.Interaction) *discordsim.Interaction {
	s.Helper()
	killed := only.killAt(request)
	i := what()
	select {
	case <-killed:
	case <-time.After(patience):
		s.Fatal("the replica never died")
	}
	s.discord.Advance(later)
	only.stop()
	only.door.open()
	in := s.newIngress(discord.Config{FetchBy: time.Second}, only.door.URL, s.nats)
	s.run("ingress", in.Run)
	return i
}

// leftBehind is an order with a picture whose only replica dies when it asks
// Discord for something; another one begins a while later.
func (s *script) leftBehind(request string, later time.Duration) *discordsim.Interaction {
	s.Helper()
	return s.succeeded(s.mortal(), request, later, func() *discordsim.Interaction {
		i := s.answer(s.upscale())
		if m := s.discord.Message(i.Original); !m.Loading() {
			s.Fatalf("the answer is %s", textOf(m))
		}
		return i
	})
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

// What else is answered "thinking" is answered by whoever begins later, too.
func TestAQuestionOutlivesEveryReplica(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]struct {
		command string
		done    bool // the job has ended
		answer  func(m *discordsim.Message) bool
	}{
		"a record":             {"show", false, func(m *discordsim.Message) bool { return strings.Contains(textOf(m), "a fish") }},
		"a record with a file": {"show", true, func(m *discordsim.Message) bool { return len(m.Attachments) == 1 }},
		"a cancel":             {"cancel", false, func(m *discordsim.Message) bool { return strings.Contains(textOf(m), "ancelled") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, settings{replicas: -1}).startScript()
			only := s.mortal()
			s.in = only.Ingress
			a := s.askInChannel()
			if q.done {
				s.queued(a.id)
				s.running(a.id)
				s.done(a.id, pictures(1)...)
				s.finished(a.card, 1)
				s.settled(only.Ingress)
			}
			i := s.succeeded(only, "PATCH /api", 0, func() *discordsim.Interaction {
				return s.invoke(q.command, map[string]any{"job": a.id.String()})
			})
			s.await("an answer", func() bool {
				m := s.discord.Message(i.Original)
				return m != nil && !m.Loading() && q.answer(m)
			})
			s.awaitNothingKept()
		})
	}
}

// A result is deleted wholly though the replica died over it.
func TestADeletionOutlivesItsReplica(t *testing.T) {
	t.Parallel()
	s := start(t, settings{replicas: -1}).startScript()
	only := s.mortal()
	s.in = only.Ingress
	a := s.askInChannel()
	s.queued(a.id)
	s.running(a.id)
	s.done(a.id, pictures(1)...)
	s.finished(a.card, 1)
	s.settled(only.Ingress)
	s.click(s.ann.ID, a.card, "delete")
	var question *discordsim.Message
	s.await("a question", func() bool {
		for _, m := range s.discord.Messages(s.channel.ID, s.ann.ID) {
			if customID(m, "erase") != "" {
				question = m
			}
		}
		return question != nil
	})
	s.succeeded(only, "DELETE /api", 0, func() *discordsim.Interaction { return s.click(s.ann.ID, question.ID, "erase") })
	s.await("a card that is gone, and words", func() bool {
		return s.discord.Message(a.card) == nil && strings.Contains(textOf(s.discord.Message(question.ID)), "eleted")
	})
	s.awaitNothingKept()
}

// awaitNothingKept waits until no replica has anything left to go on with.
func (s *stack) awaitNothingKept() {
	s.Helper()
	for range time.Tick(20 * time.Millisecond) {
		n := 0
		for _, err := range s.broker.KeptOrders(s.Context()) {
			if err != nil {
				s.Fatal(err)
			}
			n++
		}
		if n == 0 {
			return
		}
	}
}

// What is wrong with the order of a set-up card is told although Discord takes no
// words for a while, and the card can be ordered from afterwards.
func TestTheWordsOfASetUpCardAreNotLost(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"Discord is down": 503, "too many requests": 429} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, settings{replicas: -1}).startScript()
			s.publishDemanding("demanding")
			s.mortal()
			draft := s.invoke("edit", map[string]any{"workflow": "demanding", "image": discordsim.Upload{Name: "a.png", Type: "image/png", Data: pictures(1)[0]}}).Original
			opened := s.click(s.ann.ID, draft, "settings")
			id, err := s.discord.SubmitModal(s.Context(), s.ann.ID, opened.ID, s.fill(opened, "prompt", "a bird"))
			if err != nil {
				t.Fatal(err)
			}
			s.answer(id)
			s.await("a draft with words", func() bool { return strings.Contains(textOf(s.discord.Message(draft)), "a bird") })
			s.discord.Break(discordsim.Fault{Route: "POST /webhooks/", Times: 3, Status: status, Retry: 200 * time.Millisecond})
			lost := s.discord.Break(discordsim.Fault{Route: "GET /attachments/", Status: 404})
			s.click(s.ann.ID, draft, "generate")
			s.await("words", func() bool {
				for _, m := range s.discord.Messages(s.channel.ID, s.ann.ID) {
					if m.Ephemeral() && strings.Contains(textOf(m), "no longer has the picture") {
						return true
					}
				}
				return false
			})
			s.awaitNothingKept()
			lost()
			s.click(s.ann.ID, draft, "generate")
			s.await("a card", func() bool { return customID(s.discord.Message(draft), "cancel") != "" })
		})
	}
}

// A record of which Discord does not take the second part keeps its first one,
// and its asker hears of it.
func TestTheFirstPartOfARecordStays(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.askInChannel()
	s.queued(a.id)
	s.running(a.id)
	s.done(a.id, pictures(14)...)
	s.settled(s.in)
	s.discord.Break(discordsim.Fault{Route: "POST /webhooks/", Times: 2, Status: 503})
	i := s.invoke("show", map[string]any{"job": a.id.String()})
	s.await("words about the second part", func() bool {
		for _, m := range s.discord.Messages(s.channel.ID, s.ann.ID) {
			if m.Ephemeral() && m.ID != i.Original && strings.Contains(textOf(m), a.id.String()) && len(m.Attachments) == 0 {
				return true
			}
		}
		return false
	})
	if m := s.discord.Message(i.Original); len(m.Attachments) != 10 {
		t.Errorf("the record has become: %s", textOf(m))
	}
}

// A card is deleted whose replica has died before anybody knew of it: it was seen,
// and its job goes on.
func TestACardThatIsDeletedBeforeItIsKnown(t *testing.T) {
	t.Parallel()
	s := start(t, settings{replicas: -1}).startScript()
	w, to := newWire(s.nats), s.discord.Handler()
	answering := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		to.ServeHTTP(rw, r)
		if strings.HasSuffix(r.URL.Path, "/callback") {
			w.kill()
		}
	}))
	t.Cleanup(answering.Close)
	doomed := s.newIngress(discord.Config{}, answering.URL, w)
	s.run("ingress", doomed.Run)
	s.ready(doomed)
	other := s.startReplica(discord.Config{})
	other.wire.freeze() // so that it comes second
	i := s.invoke("generate", map[string]any{"prompt": "a fish", "workflow": "txt2img"})
	s.discord.DeleteMessage(i.Original)
	other.wire.thaw()
	id := s.arrived(jobOf(i)).ID
	s.await("a replica that answers too", func() bool { return s.discord.Stats().Twice > 0 })
	s.discord.Advance(time.Minute / 2) // nobody waits for its card any more
	s.queued(id)
	s.running(id)
	s.done(id, pictures(1)...)
	s.settled(other.Ingress)
	if n := s.filesSeen(0); n != 1 {
		t.Errorf("there are %d files", n)
	}
}
