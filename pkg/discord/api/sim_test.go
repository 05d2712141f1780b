package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/discord/discordsim/discordsimtest"
)

// stage is a fake Discord with people, and a client of it.
type stage struct {
	*discordsim.Server
	discordsimtest.Scene
	t      *testing.T
	client *api.Client
}

func newStage(t *testing.T, cfg discordsim.Config) *stage {
	t.Helper()
	s, address := discordsimtest.Start(t, cfg)
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c, err := api.New(api.Config{Token: s.Token(), Base: base, Now: s.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	st := &stage{s, discordsimtest.Set(s), t, c}
	_, err = c.PutCommands(t.Context(), s.App().ID.String(), "", []*discordgo.ApplicationCommand{
		{Name: "queue", Type: discordgo.ChatApplicationCommand, Description: "the queue"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// ask makes somebody give a command; where is 0 for the direct messages with the bot.
func (s *stage) ask(where discordsim.ID) api.Interaction {
	s.t.Helper()
	id, err := s.Invoke(s.t.Context(), discordsim.Invocation{User: s.Asker, Channel: where, Command: "queue"})
	if err != nil {
		s.t.Fatal(err)
	}
	i, err := api.ParseInteraction(s.Interaction(id).Payload, s.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	return i
}

func (s *stage) message(id string) *discordsim.Message {
	s.t.Helper()
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		s.t.Fatalf("message %q: %v", id, err)
	}
	return s.Message(discordsim.ID(n))
}

func (s *stage) want(what string, err error, kind api.Kind) {
	s.t.Helper()
	if err == nil || api.KindOf(err) != kind {
		s.t.Errorf("%s: got %v, want %v", what, err, kind)
	}
}

func (s *stage) must(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
}

func preview(n string) api.Message {
	m := card()
	m.Embeds = []*discordgo.MessageEmbed{{Title: n, Image: &discordgo.MessageEmbedImage{URL: "attachment://preview.png"}}}
	m.Files = []api.File{file("preview.png", "\x89PNG\r\n\x1a\n"+n)}
	return m
}

func TestAMessageOnTheFakeDiscord(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordsim.Config{})
	ctx, c := t.Context(), s.client
	i := s.ask(s.Channel)
	p, err := c.Defer(ctx, i, false)
	s.must("defer", err)
	if !p.Loading || p.ID == "" || p.Channel != s.Channel.String() {
		t.Errorf("deferred as %+v", p)
	}
	for _, n := range []string{"10 %", "20 %"} {
		edited, err := c.EditOriginal(ctx, i.Access(), preview(n))
		s.must("edit", err)
		if edited.ID != p.ID {
			t.Errorf("edited %s, not %s", edited.ID, p.ID)
		}
	}
	if m := s.message(p.ID); len(m.Attachments) != 1 {
		t.Errorf("%d previews are there", len(m.Attachments))
	}
	kept, err := c.EditOriginal(ctx, i.Access(), api.Message{Content: "done", Files: []api.File{file("a.txt", "first")}})
	s.must("finish", err)
	kept, err = c.Edit(ctx, p.Channel, p.ID, api.Message{
		Content: "done", Keep: []string{kept.Attachments[0].ID}, Files: []api.File{file("b.txt", "second")},
	})
	s.must("edit by the bot", err)
	if len(kept.Attachments) != 2 {
		t.Errorf("attached are %+v", kept.Attachments)
	}
	fetched, err := c.Get(ctx, p.Channel, p.ID)
	s.must("get", err)
	r, err := c.Fetch(ctx, fetched.Attachments[0].URL, 100)
	s.must("fetch", err)
	defer r.Close()
	if body, err := io.ReadAll(r); err != nil || string(body) != "first" {
		t.Errorf("fetched %q, %v", body, err)
	}
}

func TestANewMessageOnTheFakeDiscord(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordsim.Config{})
	ctx, c := t.Context(), s.client
	i := s.ask(s.Channel)
	first, err := c.Reply(ctx, i, card())
	s.must("reply", err)
	m := api.Message{Content: "<@" + s.Asker.String() + "> done", Mention: []string{s.Asker.String()}, ReplyTo: first.ID, Nonce: "AZNSAAAAcAGAAAAAAAAAAA"}
	once, err := c.Post(ctx, first.Channel, m)
	s.must("post", err)
	again, err := c.Post(ctx, first.Channel, m)
	s.must("post again", err)
	if once.ID != again.ID {
		t.Errorf("it was posted twice, as %s and %s", once.ID, again.ID)
	}
	s.must("delete", c.Delete(ctx, first.Channel, first.ID))
	s.want("edit what is deleted", second(c.EditOriginal(ctx, i.Access(), card())), api.Gone)
	s.want("edit what is deleted by the bot", second(c.Edit(ctx, first.Channel, first.ID, card())), api.Gone)
	_, err = c.Post(ctx, first.Channel, api.Message{Content: "x", ReplyTo: first.ID})
	s.must("reply to what is deleted", err)
	other, err := c.Followup(ctx, i.Access(), api.Message{Content: "psst", Ephemeral: true})
	s.must("follow up", err)
	if !other.Ephemeral {
		t.Errorf("posted %+v", other)
	}
	_, err = c.EditFollowup(ctx, i.Access(), other.ID, api.Message{Content: "changed"})
	s.must("edit it", err)
}

func second[A any](_ A, err error) error { return err }

func TestRefusalsOfTheFakeDiscord(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordsim.Config{})
	ctx, c := t.Context(), s.client
	i := s.ask(s.Channel)
	p, err := c.Reply(ctx, i, card())
	s.must("reply", err)
	s.want("answer twice", second(c.Reply(ctx, i, card())), api.Acked)

	late := s.ask(s.Channel)
	s.Advance(4 * time.Second)
	s.want("answer late", second(c.Reply(ctx, late, card())), api.TooLate)

	large := api.Message{Files: []api.File{endless(11<<20, 11<<20)}}
	s.want("too large", second(c.EditOriginal(ctx, i.Access(), large)), api.TooLarge)

	s.Block("forbidden")
	s.want("a word", second(c.EditOriginal(ctx, i.Access(), api.Message{Content: "forbidden"})), api.AutoMod)
	s.Block()

	s.Deny(s.Channel, discordsim.ViewChannel)
	s.want("no access", second(c.Edit(ctx, p.Channel, p.ID, card())), api.NoAccess)
	s.Deny(s.Channel, 0)

	s.DeleteChannel(s.Channel)
	s.want("no channel", second(c.Edit(ctx, p.Channel, p.ID, card())), api.NoAccess)

	s.Revoke(true)
	s.want("no bot", second(c.Application(ctx)), api.Unauthorized)
	s.Revoke(false)
}

func TestATokenDiesOnTheFakeDiscord(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordsim.Config{})
	ctx := t.Context()
	i := s.ask(s.Channel)
	p, err := s.client.Reply(ctx, i, api.Message{Content: "x", Ephemeral: true})
	s.must("reply", err)
	s.Advance(14*time.Minute + 15*time.Second)
	s.must("edit", second(s.client.EditOriginal(ctx, i.Access(), card())))
	s.Advance(20 * time.Second)
	before := s.Stats().Requests
	s.want("edit by a dying token", second(s.client.EditOriginal(ctx, i.Access(), card())), api.TokenDead)
	if n := s.Stats().Requests - before; n != 0 {
		t.Errorf("%d requests were made", n)
	}
	s.want("edit an ephemeral answer by the bot", second(s.client.Edit(ctx, p.Channel, p.ID, card())), api.Gone)

	// A clock that is behind lets a dead token through, once.
	s.Advance(time.Minute)
	slow := i.Access()
	slow.Dies = slow.Dies.Add(10 * time.Minute)
	for range 3 {
		s.want("edit by a dead token", second(s.client.EditOriginal(ctx, slow, card())), api.TokenDead)
	}
	if n := s.Stats().DeadToken; n != 1 {
		t.Errorf("%d requests were made with a dead token", n)
	}
}

// scarce are limits that a test meets at once.
func scarce() *discordsim.Limits {
	l := discordsim.DefaultLimits()
	l.Token, l.Edit = discordsim.Bucket{Burst: 5, Per: 200 * time.Millisecond}, discordsim.Bucket{Burst: 5, Per: 200 * time.Millisecond}
	return &l
}

func TestManyEditsMeetNo429(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordsim.Config{Limits: scarce()})
	ctx := t.Context()
	var edits sync.WaitGroup
	for range 4 {
		i := s.ask(s.Channel)
		p, err := s.client.Reply(ctx, i, card())
		s.must("reply", err)
		for n := range 12 {
			edits.Go(func() {
				m := api.Message{Content: strconv.Itoa(n)}
				if _, err := s.client.EditOriginal(ctx, i.Access(), m); err != nil {
					t.Errorf("edit by token: %v", err)
				}
				if _, err := s.client.Edit(ctx, p.Channel, p.ID, m); err != nil {
					t.Errorf("edit by the bot: %v", err)
				}
			})
		}
	}
	edits.Wait()
	if n := s.Stats().Limited; n != 0 {
		t.Errorf("%d were answered 429", n)
	}
	if w := s.client.Stats().Waits; w == 0 {
		t.Error("nothing waited: the limits were never met")
	}
}

func TestOldMessagesOnTheFakeDiscord(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordsim.Config{})
	i := s.ask(s.Channel)
	p, err := s.client.Reply(t.Context(), i, card())
	s.must("reply", err)
	s.Advance(61 * time.Minute)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	for range 3 {
		s.must("edit", second(s.client.Edit(ctx, p.Channel, p.ID, card())))
	}
	err = second(s.client.Edit(ctx, p.Channel, p.ID, card()))
	s.want("the fourth edit", err, api.OldEdits)
	if e, _ := errors.AsType[*api.Error](err); e.RetryAfter <= 0 {
		t.Errorf("it does not say when to try again: %v", err)
	}
	s.want("the fifth edit", second(s.client.Edit(ctx, p.Channel, p.ID, card())), api.Limited)
	if n := s.Stats().Limited; n != 1 {
		t.Errorf("%d were answered 429", n)
	}
}

func TestAFailingDiscordIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordsim.Config{})
	ctx := t.Context()
	i := s.ask(s.Channel)
	p, err := s.client.Reply(ctx, i, card())
	s.must("reply", err)
	s.Break(discordsim.Fault{Route: "PATCH /webhooks/", Times: 2, Status: http.StatusBadGateway})
	s.must("edit", second(s.client.EditOriginal(ctx, i.Access(), api.Message{Content: "there"})))
	s.Break(discordsim.Fault{Route: "POST /channels/", Times: 1, Status: http.StatusBadGateway, Done: true})
	s.must("post", second(s.client.Post(ctx, p.Channel, api.Message{Content: "once", Nonce: "n"})))
	posted := 0
	for _, m := range s.Messages(s.Channel, s.Asker) {
		posted += strings.Count(m.Content, "once")
	}
	if posted != 1 {
		t.Errorf("it was posted %d times", posted)
	}
	s.Break(discordsim.Fault{Route: "PATCH /webhooks/", Status: http.StatusInternalServerError})
	s.want("edit", second(s.client.EditOriginal(ctx, i.Access(), card())), api.Down)
}

func TestDirectMessagesOnTheFakeDiscord(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordsim.Config{})
	ctx := t.Context()
	i := s.ask(0)
	if !i.InBotDM() || !i.BotCanEdit() || !i.BotCanPost() || i.AgeRestricted {
		t.Errorf("it is %+v", i.Interaction)
	}
	p, err := s.client.Reply(ctx, i, card())
	s.must("reply", err)
	dm, err := s.client.DM(ctx, s.Asker.String())
	s.must("open", err)
	if dm != p.Channel {
		t.Errorf("replied in %s, direct messages are %s", p.Channel, dm)
	}
	s.must("edit", second(s.client.Edit(ctx, dm, p.ID, api.Message{Content: "later"})))
}

func TestCommandsOnTheFakeDiscord(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordsim.Config{})
	app, err := s.client.Application(t.Context())
	s.must("application", err)
	if app.ID != s.App().ID.String() || app.Name != s.App().Name || app.Public || len(app.VerifyKey) != 64 {
		t.Errorf("it is %+v", app)
	}
	for guild, want := range map[string]int{"": 1, s.Guild.String(): 0} {
		list, err := s.client.Commands(t.Context(), app.ID, guild)
		if s.must("list", err); len(list) != want {
			t.Errorf("%d commands in %q, want %d", len(list), guild, want)
		}
	}
	channel, err := s.client.Channel(t.Context(), s.Channel.String())
	if s.must("channel", err); channel.Guild != s.Guild.String() || channel.AgeRestricted {
		t.Errorf("the channel is %+v", channel)
	}
}
