package discord_test

import (
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

// answeredIn is the stored handle.
func (s *stack) answeredIn(id job.ID) reply.Handle {
	s.Helper()
	h, err := reply.Store{Keeper: s.broker}.Get(s.Context(), id)
	if err != nil {
		s.Fatal(err)
	}
	return h
}

// filesSeen is how many files a person sees in the channel.
func (s *stack) filesSeen(by discordsim.ID) (n int) {
	for _, m := range s.discord.Messages(s.channel.ID, by) {
		n += len(m.Attachments)
	}
	return n
}

// An end whose bookkeeping was lost is delivered once more when it is time to
// tell by a new message: no picture may vanish, and none come twice.
func TestManyPicturesSurviveARedelivery(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]bool{"after everything": true, "after the first message": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, settings{})
			a := s.askInChannel()
			s.queued(a.id)
			s.running(a.id)
			s.done(a.id, pictures(14)...)
			s.settled(s.in)
			if n := s.filesSeen(0); n != 14 {
				t.Fatalf("%d files at first", n)
			}
			// What a replica leaves behind that dies before it has noted the rest.
			_, err := reply.Store{Keeper: s.broker}.Change(t.Context(), a.id, func(h *reply.Handle) {
				h.Ending.Done, h.Ending.Parked, h.TokenDies = time.Time{}, true, time.Time{}
				if more {
					return
				}
				for _, m := range h.Ending.Sent {
					id, _ := discordsim.ParseID(m.Message)
					s.discord.DeleteMessage(id)
				}
				h.Ending.Sent = nil
			})
			if err != nil {
				t.Fatal(err)
			}
			s.discord.Advance(2 * time.Minute)  // more than TellAfter
			s.click(s.ann.ID, a.card, "delete") // brings a token, and so lets the end be shown, as a redelivery does
			s.await("an end that is done", func() bool { return !s.answeredIn(a.id).Ending.Done.IsZero() })
			if n := s.filesSeen(0); n != 14 || len(a.message().Attachments) != 10 {
				t.Errorf("of 14 files %d are on Discord; the card reads %s", n, textOf(a.message()))
			}
		})
	}
}

// A further answer that may have arrived is not sent again; the card says where
// its files are.
func TestAFurtherAnswerOfUnknownFate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault discordsim.Fault
		all   bool
	}{
		"a proxy's word":  {discordsim.Fault{Status: 500}, false},
		"Discord's own":   {discordsim.Fault{Status: 500, Code: 1}, true},
		"the answer lost": {discordsim.Fault{Status: 502, Done: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, settings{})
			a := s.ask(discordsim.Invocation{User: s.ann.ID, Channel: s.channel.ID, Options: map[string]any{
				"prompt": "a fish", "workflow": "txt2img", "private": true,
			}})
			s.queued(a.id)
			s.running(a.id)
			c.fault.Route, c.fault.Times = "POST /webhooks/", 1
			s.discord.Break(c.fault)
			s.done(a.id, pictures(14)...)
			s.settled(s.in)
			n, words := s.filesSeen(s.ann.ID), ""
			for _, m := range s.discord.Messages(s.channel.ID, s.ann.ID) {
				words += textOf(m)
			}
			if c.all && n != 14 {
				t.Errorf("of 14 files %d arrived", n)
			}
			if n < 14 && !strings.Contains(words, "/show") {
				t.Errorf("of 14 files %d arrived, and nothing says where the others are", n)
			}
		})
	}
}

// Clicks on a card while another replica delivers its end start no second
// delivery.
func TestClicksDuringADelivery(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{replicas: 3})
	a := s.askInChannel()
	s.queued(a.id)
	a.shows("Next in line")
	s.discord.Advance(2 * time.Minute)
	s.discord.Break(discordsim.Fault{Route: "POST /channels/", Wait: time.Second})
	custom := customID(a.message(), "cancel")
	s.done(a.id, pictures(14)...)
	for range 5 {
		id, err := s.discord.Click(t.Context(), s.ann.ID, a.card, custom)
		if err != nil {
			break // the card has moved on
		}
		s.answer(id)
	}
	s.await("an end that is done", func() bool { return !s.answeredIn(a.id).Ending.Done.IsZero() })
	h := s.answeredIn(a.id)
	seen := map[string]bool{}
	for _, m := range h.Ending.Sent {
		if seen[m.Message] {
			t.Errorf("message %s is noted twice", m.Message)
		}
		seen[m.Message] = true
	}
	if n := s.filesSeen(0); n != 14 || len(h.Ending.Sent) != 2 {
		t.Errorf("%d of 14 files are on Discord, in %+v", n, h.Ending.Sent)
	}
}
