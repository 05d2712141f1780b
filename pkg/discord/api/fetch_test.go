package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"discomfy/pkg/discord/api"
)

func TestFetchReadsAnAttachment(t *testing.T) {
	t.Parallel()
	f := newFake(t, always(reply{body: "picture"}))
	r, err := f.client(t).Fetch(t.Context(), f.URL+"/attachments/1/2/a.png?ex=1", 7)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if body, err := io.ReadAll(r); err != nil || string(body) != "picture" {
		t.Errorf("read %q, %v", body, err)
	}
	if got := f.all()[0]; got.Auth != "" || got.Path != "/attachments/1/2/a.png" {
		t.Errorf("asked for %s with authorization %q", got.Path, got.Auth)
	}
}

func TestFetchAsksNobodyElse(t *testing.T) {
	t.Parallel()
	other := newFake(t, ok)
	f := newFake(t, ok)
	c := f.client(t)
	for _, address := range []string{
		other.URL + "/a.png",
		strings.Replace(f.URL, "http://", "http://user:pass@", 1) + "/a.png",
		strings.Replace(f.URL, "http://", "https://", 1) + "/a.png",
		"http://cdn.discordapp.com/a.png",
		"https://cdn.discordapp.com.evil.example/a.png",
		"https://cdn.discordapp.com:8443/a.png",
		"https://evil.example/cdn.discordapp.com/a.png",
		"file:///etc/passwd", "//cdn.discordapp.com/a", "", "http://169.254.169.254/", "\x7f",
	} {
		if _, err := c.Fetch(t.Context(), address, 10); api.KindOf(err) != api.Invalid {
			t.Errorf("%q: %v", address, err)
		}
	}
	if f.count()+other.count() != 0 {
		t.Error("somebody was asked")
	}
}

func TestFetchFollowsNoRedirectElsewhere(t *testing.T) {
	t.Parallel()
	other := newFake(t, ok)
	f := newFake(t, always(reply{status: http.StatusFound, header: map[string]string{"Location": other.URL + "/secret"}}))
	if _, err := f.client(t).Fetch(t.Context(), f.URL+"/a.png", 10); api.KindOf(err) != api.Invalid {
		t.Errorf("got %v", err)
	}
	if other.count() != 0 {
		t.Error("the redirect was followed")
	}
}

func TestFetchEndsAtTheLimit(t *testing.T) {
	t.Parallel()
	chunked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "12345")
		_ = http.NewResponseController(w).Flush() // so that no length is told
		_, _ = io.WriteString(w, "67890")
	}))
	t.Cleanup(chunked.Close)
	told := newFake(t, always(reply{body: "1234567890"}))
	c := (&fake{Server: chunked}).client(t)
	r, err := c.Fetch(t.Context(), chunked.URL, 9)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if body, err := io.ReadAll(r); api.KindOf(err) != api.TooLarge || string(body) != "123456789" {
		t.Errorf("read %q, %v", body, err)
	}
	if _, err := told.client(t).Fetch(t.Context(), told.URL, 9); api.KindOf(err) != api.TooLarge {
		t.Errorf("got %v", err)
	}
}

func TestFetchSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]api.Kind{404: api.Gone, 403: api.Gone, 500: api.Down, 429: api.Limited, 400: api.Invalid} {
		f := newFake(t, always(reply{status: status}))
		if _, err := f.client(t).Fetch(t.Context(), f.URL, 10); api.KindOf(err) != want {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestFetchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	stall := make(chan struct{})
	f := newFake(t, func(int, *request) reply { <-stall; return reply{} })
	defer close(stall)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.client(t).Fetch(ctx, f.URL, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
