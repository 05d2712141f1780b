package discord_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/job"
)

// within reports whether ok comes true in a bounded time; it is for what must
// not happen, and for what is told better than by "there was never".
func (s *stack) within(d time.Duration, ok func() bool) bool {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), d)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ok()
		}
	}
	return true
}

func TestShowAfterTheFilesHaveExpired(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.finishedJob(pictures(1)...)
	s.settled(s.in)
	s.forgetFiles(a.id)
	i := s.invoke("show", map[string]any{"job": a.id.String()})
	s.await("the record", func() bool { m := s.discord.Message(i.Original); return m != nil && !m.Loading() })
}

func TestAReplicaWithoutABrokerDoesNotWriteOverACard(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	cut := s.startReplica(discord.Config{})
	cut.wire.freeze()
	i := s.invoke("generate", map[string]any{"prompt": "a fish", "workflow": "txt2img"})
	id := s.arrived(jobOf(i)).ID
	s.await("the card", func() bool { return customID(s.discord.Message(i.Original), "cancel") != "" })
	if s.within(3*time.Second, func() bool { return customID(s.discord.Message(i.Original), "cancel") == "" }) {
		t.Errorf("the card of job %s is now %s", id, textOf(s.discord.Message(i.Original)))
	}
}

// readyDraft is a set-up card that can be ordered.
func (s *script) readyDraft() discordsim.ID {
	s.Helper()
	draft := s.invoke("generate", nil).Original
	opened := s.click(s.ann.ID, draft, "settings")
	id, err := s.discord.SubmitModal(s.Context(), s.ann.ID, opened.ID, s.fill(opened, "prompt", "a bird"))
	if err != nil {
		s.Fatal(err)
	}
	s.answer(id)
	s.await("a draft with words", func() bool { return strings.Contains(textOf(s.discord.Message(draft)), "a bird") })
	return draft
}

func TestADoubleClickOnGenerateOrdersOnce(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	draft := s.readyDraft()
	custom := customID(s.discord.Message(draft), "generate")
	var clicks []discordsim.ID
	for range 2 {
		id, err := s.discord.Click(t.Context(), s.ann.ID, draft, custom)
		if err != nil {
			t.Fatal(err)
		}
		clicks = append(clicks, id)
	}
	for _, id := range clicks {
		s.answer(id)
	}
	s.await("the card", func() bool { return customID(s.discord.Message(draft), "cancel") != "" })
	jobs, err := s.broker.PendingJobs(t.Context(), job.DefaultQueue)
	if err != nil || len(jobs) != 1 {
		t.Errorf("jobs %v, %v", jobs, err)
	}
}

// upscale orders with a picture; it does not wait for an answer.
func (s *stack) upscale() discordsim.ID {
	s.Helper()
	id, err := s.discord.Invoke(s.Context(), discordsim.Invocation{User: s.ann.ID, Channel: s.channel.ID, Command: "upscale",
		Options: map[string]any{"image": discordsim.Upload{Name: "a.png", Type: "image/png", Data: pictures(1)[0]}}})
	if err != nil {
		s.Fatal(err)
	}
	return id
}

func TestOrdersWithPicturesObeyTheCap(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{ingress: discord.Config{MaxWaiting: 2}})
	s.discord.Break(discordsim.Fault{Route: "GET /attachments", Wait: time.Second})
	var ids []discordsim.ID
	for range 4 {
		ids = append(ids, s.upscale())
	}
	for _, id := range ids {
		i := s.answer(id)
		s.await("an end of thinking", func() bool { m := s.discord.Message(i.Original); return m != nil && !m.Loading() })
	}
	jobs, err := s.broker.PendingJobs(t.Context(), job.DefaultQueue)
	if err != nil || len(jobs) != 2 {
		t.Errorf("%d jobs wait of at most 2, %v", len(jobs), err)
	}
}

func TestDeleteRemovesAllMessagesOfAPrivateResult(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]time.Duration{"at once": 0, "when the token is dead": lostToken} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, settings{})
			a := s.ask(discordsim.Invocation{User: s.ann.ID, Channel: s.channel.ID, Options: map[string]any{
				"prompt": "a fish", "workflow": "txt2img", "private": true,
			}})
			s.queued(a.id)
			s.running(a.id)
			s.done(a.id, pictures(14)...)
			s.settled(s.in)
			s.discord.Advance(late)
			s.click(s.ann.ID, a.card, "delete")
			var confirm *discordsim.Message
			s.await("a question", func() bool {
				for _, m := range s.discord.Messages(s.channel.ID, s.ann.ID) {
					if customID(m, "erase") != "" {
						confirm = m
					}
				}
				return confirm != nil
			})
			s.click(s.ann.ID, confirm.ID, "erase")
			s.await("no card", func() bool { return s.discord.Message(a.card) == nil })
			s.await("an account", func() bool { return strings.Contains(textOf(s.discord.Message(confirm.ID)), "Deleted") })
			left := 0
			for _, m := range s.discord.Messages(s.channel.ID, s.ann.ID) {
				left += len(m.Attachments)
			}
			if told := strings.Contains(textOf(s.discord.Message(confirm.ID)), "Dismiss"); told != (left > 0) || left > 0 && late == 0 {
				t.Errorf("%d files are still shown; ann reads %s", left, textOf(s.discord.Message(confirm.ID)))
			}
		})
	}
}

func TestAutocompleteOfAGuildThatIsNotAllowedIsEmpty(t *testing.T) {
	t.Parallel()
	s := start(t, settings{replicas: -1})
	other := s.discord.AddGuild(discordsim.NewGuild{Name: "strangers"})
	channel := s.discord.AddChannel(discordsim.NewChannel{Guild: other.ID, Name: "there"})
	s.startScript()
	s.startIngress(discord.Config{Guilds: []string{s.guild.ID.String()}, DirectMessages: true})
	choices, err := s.discord.Autocomplete(t.Context(), discordsim.Invocation{User: s.ann.ID, Channel: channel.ID, Command: "generate"}, "workflow", "")
	if err != nil || len(choices) > 0 {
		t.Errorf("choices %v, %v", choices, err)
	}
}

func TestOtherChannelsLearnNothingOfAJob(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{ingress: open(discord.Config{})})
	board := s.discord.AddChannel(discordsim.NewChannel{Guild: s.guild.ID, Name: "board-members"})
	mod := s.discord.AddUser(discordsim.NewUser{Name: "mod"})
	s.discord.AddRole(s.guild.ID, "people", discordsim.ViewChannel, mod.ID)
	s.discord.Overwrite(s.channel.ID, mod.ID, discordsim.ManageMessages, 0)
	a := s.ask(discordsim.Invocation{User: s.ann.ID, Channel: board.ID, Options: map[string]any{"prompt": "merger-plans", "workflow": "txt2img"}})
	s.queued(a.id)
	a.shows("Next in line")
	for name, user := range map[string]discordsim.ID{"bob": s.bob.ID, "a moderator of another channel": mod.ID} {
		for command, options := range map[string]map[string]any{"queue": nil, "show": {"job": a.id.String()}, "cancel": {"job": a.id.String()}} {
			i := s.invokeAs(discordsim.Invocation{User: user, Channel: s.channel.ID, Command: command, Options: options})
			var m *discordsim.Message
			s.await("an answer", func() bool { m = s.discord.Message(i.Original); return m != nil && !m.Loading() })
			if strings.Contains(textOf(m), "merger-plans") {
				t.Errorf("/%s: %s reads %s", command, name, textOf(m))
			}
		}
	}
	if st, err := s.broker.Last(t.Context(), a.id); err != nil || st.Phase.Ended() {
		t.Errorf("the job is %s, %v", st.Phase, err)
	}
	i := s.invokeAs(discordsim.Invocation{User: s.bob.ID, Channel: board.ID, Command: "queue"})
	if m := s.discord.Message(i.Original); !strings.Contains(textOf(m), "merger-plans") {
		t.Errorf("in the same channel bob reads %s", textOf(m))
	}
}

func TestWithoutTheHandleARecordIsItsOwners(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{ingress: open(discord.Config{})})
	a := s.finishedJob(pictures(2)...)
	s.settled(s.in)
	s.purge("DISCOMFY_REPLIES", "discomfy.reply."+a.id.String())
	if i := s.click(s.bob.ID, a.card, "redo"); i.Modal != nil {
		t.Error("bob is shown the whole request")
	}
	s.ordered(s.click(s.bob.ID, a.card, "vary"))
	if i := s.click(s.ann.ID, a.card, "redo"); i.Modal == nil {
		t.Error("ann is not shown her own request")
	}
}

func TestShowSuggestsWhatEndedBeforeARestart(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	s.finishedJob(pictures(1)...)
	s.settled(s.in)
	s.stopIn()
	s.in, s.stopIn = s.startIngress(discord.Config{})
	choices, err := s.discord.Autocomplete(t.Context(), discordsim.Invocation{User: s.ann.ID, Channel: s.channel.ID, Command: "show"}, "job", "")
	if err != nil || len(choices) != 1 {
		t.Errorf("choices %v, %v", choices, err)
	}
}

// A proxy may hand on the path of the public address, or take it off.
func TestThePublicAddressMayHaveAPath(t *testing.T) {
	t.Parallel()
	s := start(t, settings{replicas: -1})
	public, err := url.Parse("https://example.org/pictures/")
	if err != nil {
		t.Fatal(err)
	}
	in := s.newIngress(discord.Config{PublicURL: public, Secrets: [][]byte{[]byte("0123456789abcdef")}}, s.url, s.nats)
	for method, path := range map[string]string{http.MethodGet: "/files/x/y/z", http.MethodPost: "/interactions"} {
		for _, prefix := range []string{"", "/pictures"} {
			w := httptest.NewRecorder()
			in.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "https://example.org"+prefix+path, http.NoBody))
			if strings.Contains(w.Body.String(), "404 page not found") || w.Code == http.StatusMovedPermanently {
				t.Errorf("%s is not ours: %d %s", prefix+path, w.Code, w.Body)
			}
		}
	}
	w := httptest.NewRecorder()
	in.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.org/picturesque/files/x/y/z", http.NoBody))
	if !strings.Contains(w.Body.String(), "404 page not found") {
		t.Errorf("another path is ours: %d %s", w.Code, w.Body)
	}
}
