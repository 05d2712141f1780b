package api_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord/api"
)

type attempt func(context.Context, *api.Client) error

// byBot and byToken are the two ways to edit.
func byBot(ctx context.Context, c *api.Client) error {
	_, err := c.Edit(ctx, "70", "900", api.Message{Content: "x"})
	return err
}

func byToken(ctx context.Context, c *api.Client) error {
	_, err := c.EditOriginal(ctx, token(c.Now(), time.Minute), api.Message{Content: "x"})
	return err
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		by     attempt
		status int
		code   int
		want   api.Kind
	}{
		{byToken, 404, 10062, api.TooLate},
		{byToken, 400, 40060, api.Acked},
		{byToken, 404, 10015, api.Unknown},
		{byToken, 404, 0, api.Unknown},
		{byToken, 401, 50027, api.TokenDead},
		{byToken, 401, 0, api.TokenDead},
		{byBot, 401, 0, api.Unauthorized},
		{byToken, 404, 10008, api.Gone},
		{byBot, 404, 10008, api.Gone},
		{byBot, 403, 50001, api.NoAccess},
		{byBot, 403, 50013, api.NoAccess},
		{byBot, 404, 10003, api.NoAccess},
		{byBot, 404, 10004, api.NoAccess},
		{byBot, 403, 50007, api.NoAccess},
		{byBot, 403, 50278, api.NoAccess},
		{byBot, 403, 0, api.NoAccess},
		{byBot, 400, 50083, api.Archived},
		{byBot, 400, 160005, api.Archived},
		{byToken, 413, 0, api.TooLarge},
		{byToken, 413, 40005, api.TooLarge},
		{byToken, 400, 50045, api.TooLarge},
		{byBot, 429, 30046, api.OldEdits},
		{byToken, 400, 40094, api.FollowupCap},
		{byToken, 400, 200000, api.AutoMod},
		{byToken, 400, 200001, api.AutoMod},
		{byBot, 429, 0, api.Limited},
		{byBot, 500, 0, api.Down},
		{byBot, 502, 0, api.Down},
		{byBot, 503, 130000, api.Down},
		{byBot, 400, 50035, api.Invalid},
		{byBot, 404, 0, api.Invalid},
		{byBot, 302, 0, api.Invalid},
	} {
		t.Run(fmt.Sprintf("%d with %d is %v", c.status, c.code, c.want), func(t *testing.T) {
			t.Parallel()
			f := newFake(t, always(reply{status: c.status, body: fmt.Sprintf(`{"code":%d,"message":"words"}`, c.code)}))
			err := c.by(t.Context(), f.client(t))
			e, ok := errors.AsType[*api.Error](err)
			if !ok || e.Kind != c.want || e.Status != c.status || e.Code != c.code || e.Message != "words" {
				t.Fatalf("got %+v, want the kind %v", e, c.want)
			}
			if got := api.KindOf(fmt.Errorf("deliver: %w", err)); got != c.want {
				t.Errorf("wrapped it is %v, want %v", got, c.want)
			}
			if errors.Is(err, api.ErrTokenDead) != (c.want == api.TokenDead) {
				t.Error("ErrTokenDead does not agree with the kind")
			}
		})
	}
}

func TestWhatIsNoErrorOfDiscordsIsOther(t *testing.T) {
	t.Parallel()
	for _, err := range []error{nil, errors.New("disk full")} {
		if got := api.KindOf(err); got != api.Other {
			t.Errorf("%v is %v", err, got)
		}
	}
}

func TestNoAnswerIsDown(t *testing.T) {
	t.Parallel()
	f := newFake(t, ok)
	c := f.client(t)
	f.Close()
	err := byToken(t.Context(), c)
	if _, ok := errors.AsType[*net.OpError](err); !ok || api.KindOf(err) != api.Down {
		t.Errorf("got %v, want Down and the cause", err)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the error tells the token: %v", err)
	}
}

func TestARefusalThatIsNoJSONIsUnderstood(t *testing.T) {
	t.Parallel()
	f := newFake(t, always(reply{status: 429, body: "<html>error code: 1015</html>", header: map[string]string{"Content-Type": "text/html"}}))
	err := byBot(t.Context(), f.client(t))
	e, ok := errors.AsType[*api.Error](err)
	if !ok || e.Kind != api.Limited || !e.Global || e.RetryAfter < time.Minute {
		t.Errorf("a ban of Cloudflare's is %+v", e)
	}
}

func TestARefusalThatIsNotDiscordsIsDown(t *testing.T) {
	t.Parallel()
	for status, by := range map[int]attempt{403: byBot, 404: byToken} {
		f := newFake(t, always(reply{status: status, body: "<html>blocked</html>"}))
		if err := by(t.Context(), f.client(t)); api.KindOf(err) != api.Down {
			t.Errorf("%d of a proxy is %v", status, err)
		}
	}
}

func TestAnAnswerWithOddHeadersIsASuccess(t *testing.T) {
	t.Parallel()
	f := newFake(t, always(reply{body: `{"id":"900"}`, header: map[string]string{
		"X-RateLimit-Reset-After": "soon", "X-RateLimit-Remaining": "1.5", "X-RateLimit-Reset": "NaN",
	}}))
	if err := byBot(t.Context(), f.client(t)); err != nil {
		t.Error(err)
	}
}

func TestAnAnswerThatMakesNoSense(t *testing.T) {
	t.Parallel()
	f := newFake(t, always(reply{body: "<html>"}))
	c := f.client(t)
	if err := byBot(t.Context(), c); err != nil {
		t.Errorf("what was edited is edited: %v", err)
	}
	if _, err := c.Application(t.Context()); api.KindOf(err) != api.Down {
		t.Errorf("what was asked is not known: %v", err)
	}
}

func TestOddIdsReachNoAddress(t *testing.T) {
	t.Parallel()
	f := newFake(t, ok)
	c := f.client(t)
	for _, id := range []string{"", "..", "1/../2", "1?x=", "1#", "%2e", "ä", "1 2"} {
		_, err := c.Edit(t.Context(), id, "900", api.Message{})
		if api.KindOf(err) != api.Invalid {
			t.Errorf("id %q: %v", id, err)
		}
	}
	if n := f.count(); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

func TestTheTokenIsChecked(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"", " ", "Bot ", "a\nb", "ä"} {
		if _, err := api.New(api.Config{Token: token}); err == nil {
			t.Errorf("the token %q is taken", token)
		}
	}
	c, err := api.New(api.Config{Token: " Bot abc\n"})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Session().Token; got != "Bot abc" {
		t.Errorf("the session's token is %q", got)
	}
	var _ http.RoundTripper = c.Session().Client.Transport
}
