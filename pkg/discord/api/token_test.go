package api_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"discomfy/pkg/discord/api"
)

func TestATokenIsNotUsedToItsEnd(t *testing.T) {
	t.Parallel()
	f, now := newFake(t, ok), newClock()
	c := f.client(t, at(now))
	tok := token(now.Now(), 0)
	now.advance(14*time.Minute + 29*time.Second)
	if _, err := c.EditOriginal(t.Context(), tok, api.Message{}); err != nil {
		t.Fatal(err)
	}
	now.advance(2 * time.Second)
	_, errEdit := c.EditOriginal(t.Context(), tok, api.Message{})
	_, errPost := c.Followup(t.Context(), tok, api.Message{})
	for _, err := range []error{errEdit, errPost, c.DeleteOriginal(t.Context(), tok)} {
		if !errors.Is(err, api.ErrTokenDead) {
			t.Errorf("got %v", err)
		}
	}
	if n, s := f.count(), c.Stats(); n != 1 || s.Dead != 3 || s.Refused != 0 {
		t.Errorf("%d calls, counted %+v", n, s)
	}
}

func TestATokenIsNotUsedAfterItsDeathWhileWaiting(t *testing.T) {
	t.Parallel()
	now := newClock()
	f := newFake(t, always(spent("0.2")))
	c := f.client(t, at(now))
	tok := token(now.Now(), 0)
	if _, err := c.EditOriginal(t.Context(), tok, api.Message{}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := c.EditOriginal(t.Context(), tok, api.Message{})
		done <- err
	}()
	for c.Stats().Waits == 0 {
		tick(t)
	}
	now.advance(api.TokenLife)
	if err := <-done; !errors.Is(err, api.ErrTokenDead) || f.count() != 1 {
		t.Errorf("got %v after %d calls", err, f.count())
	}
}

func TestARefusedTokenIsRemembered(t *testing.T) {
	t.Parallel()
	for _, refusal := range []reply{
		{status: 401, body: `{"code":50027,"message":"Invalid Webhook Token"}`},
		{status: 401, body: `{"message":"401: Unauthorized","code":0}`},
		{status: 404, body: `{"code":10015,"message":"Unknown Webhook"}`},
	} {
		f := newFake(t, always(refusal))
		c := f.client(t)
		tok := token(c.Now(), time.Minute)
		for range 3 {
			if _, err := c.EditOriginal(t.Context(), tok, api.Message{}); err == nil {
				t.Fatal("it succeeded")
			}
		}
		if n := f.count(); n != 1 {
			t.Errorf("%d calls after %s", n, refusal.body)
		}
	}
}

func TestAnEditThatComesTooSoonIsRepeated(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(n int, _ *request) reply {
		if n < 2 {
			return reply{status: 404, body: `{"code":10015,"message":"Unknown Webhook"}`}
		}
		return reply{body: `{"id":"900"}`}
	})
	c := f.client(t)
	p, err := c.EditOriginal(t.Context(), token(c.Now(), 0), api.Message{})
	if err != nil || p.ID != "900" || f.count() != 3 {
		t.Errorf("got %+v, %v after %d calls", p, err, f.count())
	}
}

func TestRepeatingEndsWhenTheTokenIsNoLongerYoung(t *testing.T) {
	t.Parallel()
	now := newClock()
	f := newFake(t, func(int, *request) reply {
		now.advance(4 * time.Second)
		return reply{status: 404, body: `{"code":10015,"message":"Unknown Webhook"}`}
	})
	c := f.client(t, at(now))
	_, err := c.EditOriginal(t.Context(), token(now.Now(), 0), api.Message{})
	if api.KindOf(err) != api.Unknown || f.count() != 3 {
		t.Errorf("got %v after %d calls, want 3", err, f.count())
	}
}

func TestADeletedAnswerIsNotSoughtAgain(t *testing.T) {
	t.Parallel()
	f := newFake(t, always(reply{status: 404, body: `{"code":10008,"message":"Unknown Message"}`}))
	c := f.client(t)
	_, err := c.EditOriginal(t.Context(), token(c.Now(), 0), api.Message{})
	if api.KindOf(err) != api.Gone || f.count() != 1 {
		t.Errorf("got %v after %d calls", err, f.count())
	}
}

func TestWhatMayBeRepeatedIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		call func(context.Context, *api.Client, api.Interaction) error
		want int
	}{
		{"an edit", func(ctx context.Context, c *api.Client, _ api.Interaction) error { return byBot(ctx, c) }, 3},
		{"an edit by token", func(ctx context.Context, c *api.Client, _ api.Interaction) error { return byToken(ctx, c) }, 3},
		{"a callback", func(ctx context.Context, c *api.Client, i api.Interaction) error {
			_, err := c.Reply(ctx, i, api.Message{Content: "x"})
			return err
		}, 1},
		{"another answer", func(ctx context.Context, c *api.Client, i api.Interaction) error {
			_, err := c.Followup(ctx, i.Access(), api.Message{Content: "x"})
			return err
		}, 1},
		{"a message", func(ctx context.Context, c *api.Client, _ api.Interaction) error {
			_, err := c.Post(ctx, "70", api.Message{Content: "x"})
			return err
		}, 1},
		{"a message with a nonce", func(ctx context.Context, c *api.Client, _ api.Interaction) error {
			_, err := c.Post(ctx, "70", api.Message{Content: "x", Nonce: "n"})
			return err
		}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, always(reply{status: 502, body: "bad gateway"}))
			client := f.client(t)
			err := c.call(t.Context(), client, interaction(t))
			if api.KindOf(err) != api.Down || f.count() != c.want {
				t.Errorf("got %v after %d calls, want %d", err, f.count(), c.want)
			}
			if s := client.Stats(); s.Retried != int64(c.want-1) || s.Failed != int64(c.want) {
				t.Errorf("counted %+v", s)
			}
		})
	}
}

func TestARepeatedEditSucceeds(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(n int, _ *request) reply {
		if n == 0 {
			return reply{status: 500}
		}
		return reply{body: `{"id":"900"}`}
	})
	if err := byBot(t.Context(), f.client(t)); err != nil {
		t.Error(err)
	}
}

func TestAReplyThatMayNotReferIsPostedWithout(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(n int, _ *request) reply {
		if n == 0 {
			return reply{status: 400, body: `{"code":160002,"message":"You cannot reply without permission to read message history"}`}
		}
		return reply{body: `{"id":"901"}`}
	})
	p, err := f.client(t).Post(t.Context(), "70", api.Message{Content: "x", ReplyTo: "900"})
	if err != nil || p.ID != "901" {
		t.Fatalf("got %+v, %v", p, err)
	}
	sameJSON(t, f.all()[1].Body, `{"content":"x","allowed_mentions":{"parse":[],"replied_user":false}}`)
}

func tick(t *testing.T) {
	t.Helper()
	timer := time.NewTimer(5 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
		t.Fatal("the test has ended")
	}
}
