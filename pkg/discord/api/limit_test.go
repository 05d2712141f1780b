package api_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"discomfy/pkg/discord/api"
)

// spent is the answer to the last call before the limit resets.
func spent(seconds string) reply {
	return reply{body: `{"id":"900"}`, header: map[string]string{
		"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": seconds, "X-RateLimit-Bucket": "b",
	}}
}

func limited(seconds string, header map[string]string) reply {
	h := map[string]string{"Retry-After": seconds, "X-RateLimit-Scope": "user"}
	maps.Copy(h, header)
	return reply{status: 429, body: `{"message":"You are being rate limited.","retry_after":` + seconds + `,"global":false}`, header: h}
}

func TestTheNextCallWaitsForTheLimit(t *testing.T) {
	t.Parallel()
	f := newFake(t, always(spent("0.3")))
	c := f.client(t)
	for range 2 {
		if err := byToken(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	calls := f.all()
	if gap := calls[1].At.Sub(calls[0].At); gap < 250*time.Millisecond {
		t.Errorf("the second call came after %v", gap)
	}
	if s := c.Stats(); s.Waits != 1 || s.Calls != 2 {
		t.Errorf("counted %+v", s)
	}
}

func TestTheWaitIsKnownBeforehand(t *testing.T) {
	t.Parallel()
	f := newFake(t, always(spent("60")))
	c := f.client(t)
	now := token(c.Now(), time.Minute)
	if wait := c.WaitToken(now); wait != 0 {
		t.Errorf("before the first call it is %v", wait)
	}
	if err := byToken(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if wait := c.WaitToken(now); wait < 50*time.Second || wait > 61*time.Second {
		t.Errorf("after it %v", wait)
	}
	if wait := c.WaitChannel("70", "900"); wait != 0 {
		t.Errorf("of a channel, %v", wait)
	}
}

func TestACallThatCannotWaitIsToldHowLong(t *testing.T) {
	t.Parallel()
	f := newFake(t, always(spent("5")))
	c := f.client(t)
	if err := byBot(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err := byBot(ctx, c)
	e, _ := errors.AsType[*api.Error](err)
	if api.KindOf(err) != api.Limited || e.RetryAfter < 3*time.Second {
		t.Errorf("got %v", err)
	}
	if ctx.Err() != nil || f.count() != 1 {
		t.Error("it waited or called all the same")
	}
}

func TestCancellingEndsTheWait(t *testing.T) {
	t.Parallel()
	f := newFake(t, always(spent("10")))
	c := f.client(t)
	if err := byBot(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	for range 2 { // one waits for the limit, one for its turn
		go func() { done <- byBot(ctx, c) }()
	}
	cancel()
	for range 2 {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}

func TestTargetsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	// The first call is answered when the second has come: they must be on their way at once.
	second := make(chan struct{})
	f := newFake(t, func(_ int, r *request) reply {
		if r.Path == "/api/v9/channels/71/messages/900" {
			close(second)
		} else {
			<-second
		}
		return reply{body: `{"id":"900"}`}
	})
	c := f.client(t)
	first := make(chan error, 1)
	go func() { first <- byBot(t.Context(), c) }()
	if _, err := c.Edit(t.Context(), "71", "900", api.Message{}); err != nil {
		t.Error(err)
	}
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestA429IsToldAndHeldAgainstItsTargetOnly(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(n int, _ *request) reply {
		if n == 0 {
			return limited("60", nil)
		}
		return reply{body: `{"id":"900"}`}
	})
	c := f.client(t)
	err := byToken(t.Context(), c)
	e, ok := errors.AsType[*api.Error](err)
	if !ok || e.Kind != api.Limited || e.RetryAfter != time.Minute || e.Global {
		t.Fatalf("got %+v", e)
	}
	if err := byToken(t.Context(), c); api.KindOf(err) != api.Limited || f.count() != 1 {
		t.Errorf("the next call of the token got %v after %d calls", err, f.count())
	}
	if err := byBot(t.Context(), c); err != nil {
		t.Errorf("the bot's call got %v", err)
	}
	if s := c.Stats(); s.Limited != 1 || s.Invalid != 1 || s.Global != 0 {
		t.Errorf("counted %+v", s)
	}
}

func TestAGlobalLimitOfTheBotDoesNotHoldInteractions(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(n int, _ *request) reply {
		if n == 0 {
			return limited("60", map[string]string{"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"})
		}
		return reply{body: `{"id":"900"}`}
	})
	c := f.client(t)
	if err := byBot(t.Context(), c); api.KindOf(err) != api.Limited {
		t.Fatal(err)
	}
	_, err := c.Edit(t.Context(), "71", "1", api.Message{})
	if e, ok := errors.AsType[*api.Error](err); !ok || e.Kind != api.Limited || !e.Global {
		t.Errorf("another channel got %v", err)
	}
	if err := byToken(t.Context(), c); err != nil {
		t.Errorf("a token got %v", err)
	}
	if f.count() != 2 {
		t.Errorf("%d calls were made", f.count())
	}
}

func TestOneCallOfATargetAtATime(t *testing.T) {
	t.Parallel()
	busy := make(chan struct{}, 1)
	f := newFake(t, func(int, *request) reply {
		select {
		case busy <- struct{}{}:
			defer func() { <-busy }()
			return reply{body: `{"id":"900"}`}
		default:
			return reply{status: 400}
		}
	})
	c := f.client(t)
	done := make(chan error, 8)
	for range cap(done) {
		go func() { done <- byToken(t.Context(), c) }()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestTooManyEditsOfOldMessagesHoldNoOthers(t *testing.T) {
	t.Parallel()
	old, young := snowflake(time.Now().Add(-2*time.Hour)), snowflake(time.Now())
	f := newFake(t, func(n int, _ *request) reply {
		if n == 0 {
			return reply{status: 429, body: `{"code":30046,"message":"old","retry_after":60}`}
		}
		return reply{body: `{"id":"900"}`}
	})
	c := f.client(t)
	edit := func(id string) error {
		_, err := c.Edit(t.Context(), "70", id, api.Message{})
		return err
	}
	if err := edit(old); api.KindOf(err) != api.OldEdits {
		t.Fatal(err)
	}
	if err := edit(old); api.KindOf(err) != api.Limited || f.count() != 1 {
		t.Errorf("the next edit of an old message got %v after %d calls", err, f.count())
	}
	if err := edit(young); err != nil {
		t.Errorf("an edit of a young one got %v", err)
	}
	if wait := c.WaitChannel("70", old); wait < 50*time.Second {
		t.Errorf("old messages wait for %v", wait)
	}
}

func TestEditsOfAChannelShareItsLimit(t *testing.T) {
	t.Parallel()
	f := newFake(t, always(spent("60")))
	c := f.client(t)
	for n, id := range []string{snowflake(time.Now().Add(-2 * time.Hour)), snowflake(time.Now())} {
		_, err := c.Edit(t.Context(), "70", id, api.Message{})
		if limited := api.KindOf(err) == api.Limited; limited != (n == 1) {
			t.Errorf("edit %d got %v", n, err)
		}
	}
}
