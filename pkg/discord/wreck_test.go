package discord_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
)

const day = 24 * time.Hour

// wreck is something that goes wrong while a result is on its way.
type wreck struct {
	few    bool                  // tested without -outages too
	late   time.Duration         // passes before the end: over a minute it is told by a new message, later the token is dead
	with   discordsim.Permission // that the bot lacks from the beginning
	upload int                   // during which it happens; 0 is the first
	what   func(*script, asked)
	check  func(*script, asked) // looks at what people have then, of one job with fourteen files
}

func deleteCard(s *script, a asked) { s.discord.DeleteMessage(a.card) }

func deleteChannel(s *script, _ asked) { s.discord.DeleteChannel(s.channel.ID) }

func deny(p discordsim.Permission) func(*script, asked) {
	return func(s *script, _ asked) { s.discord.Deny(s.channel.ID, p) }
}

// allInChannel: every file is there, once.
func allInChannel(s *script, a asked) {
	s.Helper()
	if n := s.filesSeen(0); n != 14 {
		s.Errorf("of 14 files %d are in the channel", n)
	}
}

// fourInChannel: ten were deleted with the card, the others are there.
func fourInChannel(s *script, a asked) {
	s.Helper()
	if n := s.filesSeen(0); n != 4 {
		s.Errorf("of the last 4 files %d are in the channel", n)
	}
}

// inCard: the card has what it can hold, and says where the others are.
func inCard(s *script, a asked) {
	s.Helper()
	if m := a.message(); len(m.Attachments) != 10 || !strings.Contains(textOf(m), "/show") {
		s.Errorf("the card is %s", textOf(m))
	}
}

// byClick: a click on the card brings the result.
func byClick(s *script, a asked) {
	s.Helper()
	s.click(s.ann.ID, a.card, "cancel")
	s.await("the result in the card", func() bool { return len(a.message().Attachments) == 10 })
}

// byShow: the record has it.
func byShow(s *script, a asked) {
	s.Helper()
	other := s.discord.AddChannel(discordsim.NewChannel{Guild: s.guild.ID, Name: "other"})
	i := s.invokeAs(discordsim.Invocation{User: s.ann.ID, Channel: other.ID, Command: "show", Options: map[string]any{"job": a.id.String()}})
	s.await("the record, with its files", func() bool {
		n := 0
		for _, m := range s.discord.Messages(other.ID, s.ann.ID) {
			n += len(m.Attachments)
		}
		m := s.discord.Message(i.Original)
		return m != nil && m.Ephemeral() && n == 14
	})
}

// While a card is live it may be lost too; its job goes on, and the result is
// there once.
func TestWhatGoesWrongWhileACardIsLive(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]wreck{
		"the card is deleted":                     {few: true, what: deleteCard, check: allInChannel},
		"the card is deleted, and the token dead": {late: lostToken, what: deleteCard, check: allInChannel},
		"the channel is gone":                     {few: true, what: deleteChannel, check: byShow},
		"the channel is gone, and the token dead": {late: lostToken, what: deleteChannel, check: byShow},
		"the right to send is lost":               {what: deny(discordsim.SendMessages), check: allInChannel},
		"the channel is not seen any more":        {few: true, what: deny(discordsim.ViewChannel), check: allInChannel},
		"it is not seen, and the token dead":      {late: lostToken, what: deny(discordsim.ViewChannel), check: byClick},
	} {
		if !w.few && !*allOutages {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, settings{})
			a := s.askInChannel()
			s.queued(a.id)
			s.running(a.id)
			stop := a.live()
			a.shows("Running")
			s.discord.Advance(w.late)
			before := s.in.Stats().Board
			w.what(s, a)
			s.await("an edit that was made or refused since", func() bool {
				now := s.in.Stats().Board
				return now.Edits > before.Edits+1 || now.Refusals > before.Refusals
			})
			stop()
			s.done(a.id, pictures(14)...)
			s.settled(s.in)
			w.check(s, a)
		})
	}
}

// gate is a replica's way to Discord, on which one upload waits until something
// has gone wrong.
type gate struct {
	*httptest.Server
	which int32 // of the uploads
	seen  atomic.Int32
	held  chan struct{}
	free  chan struct{}
}

func (s *stack) openGate(which int) *gate {
	g := &gate{which: int32(which), held: make(chan struct{}), free: make(chan struct{})}
	to := s.discord.Handler()
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") && g.seen.Add(1) == g.which {
			close(g.held)
			<-g.free
		}
		to.ServeHTTP(w, r)
	}))
	s.Cleanup(g.Close)
	return g
}

// during lets something go wrong while the upload waits.
func (g *gate) during(s *stack, what func()) {
	s.Helper()
	select {
	case <-g.held:
	case <-time.After(patience):
		s.Error("nothing was sent")
	}
	what()
	close(g.free)
}

// What a result is sent to may change while it is on its way: nothing is lost,
// nothing is there twice, and the ingress comes to an end of it.
func TestWhatGoesWrongWhileAResultIsOnItsWay(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]wreck{
		"the card is deleted":                       {what: deleteCard, check: allInChannel},
		"the card is deleted after the first files": {few: true, upload: 2, what: deleteCard, check: fourInChannel},
		"the card is deleted, and its token dead":   {late: lostToken, with: discordsim.SendMessages, what: deleteCard, check: byShow},
		"the card is deleted, and people are told":  {few: true, late: 2 * time.Minute, what: deleteCard, check: allInChannel},
		"the channel is gone":                       {what: deleteChannel, check: byShow},
		"the channel is gone after the first files": {upload: 2, what: deleteChannel, check: byShow},
		"the channel is gone, and the token dead":   {few: true, late: lostToken, what: deleteChannel, check: byShow},
		"the right to send is lost":                 {few: true, late: 2 * time.Minute, what: deny(discordsim.SendMessages), check: allInChannel},
		"and lost after the first files":            {few: true, late: 2 * time.Minute, upload: 2, what: deny(discordsim.SendMessages), check: allInChannel},
		"the right to attach is lost":               {late: 2 * time.Minute, what: deny(discordsim.AttachFiles), check: allInChannel},
		"the right to send is lost, the token dead": {late: lostToken, what: deny(discordsim.SendMessages), check: inCard},
		"the channel is not seen any more":          {late: 2 * time.Minute, what: deny(discordsim.ViewChannel), check: allInChannel},
		"it is not seen, and the token dead":        {few: true, late: lostToken, what: deny(discordsim.ViewChannel), check: byClick},
		"it is not seen, and the card a day old":    {late: day, what: deny(discordsim.ViewChannel), check: byClick},
	} {
		if !w.few && !*allOutages {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, settings{replicas: -1}).startScript()
			if w.with != 0 {
				s.discord.Deny(s.channel.ID, w.with)
			}
			g := s.openGate(max(w.upload, 1))
			s.in = s.newIngress(discord.Config{}, g.URL, s.nats)
			s.run("ingress", s.in.Run)
			s.ready(s.in)
			a := s.askInChannel()
			s.queued(a.id)
			s.running(a.id)
			a.shows("Running")
			s.discord.Advance(w.late)
			s.done(a.id, pictures(14)...)
			g.during(s.stack, func() { w.what(s, a) })
			s.settled(s.in)
			w.check(s, a)
		})
	}
}
