package discordsim_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"discomfy/pkg/discord/discordsim"
)

// Sockets are told apart by the host that they asked: what is said to one is not said to the others. An interaction
// that is repeated comes twice to each session.
func TestControlOfSocketsByTheirHost(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.ByHost = true
	f := newFake(t, cfg)
	f.SetURL("")
	other := httptest.NewServer(f.Handler())
	t.Cleanup(other.Close)
	sub := f.Subscribe(100)
	defer sub.Close()
	first, _ := f.session(t, nil)
	f.url = other.URL
	second, _ := f.session(t, nil)
	host := func(address string) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return u.Host
	}
	if got := f.SocketsOf(host(other.URL)); len(got) != 1 {
		t.Fatalf("%d sockets asked the second host, want 1", len(got))
	}
	control := f.Control()
	if status, answer := order(t, control, "/gateway", `{"say":"reconnect","hosts":["`+host(other.URL)+`"]}`); status != http.StatusOK || answer["sockets"] != 1.0 {
		t.Fatalf("it answers %d %v", status, answer)
	}
	second.next(7, "")
	order(t, control, "/repeat", `{"n":1}`)
	f.command(t, "draw")
	f.invoke(t, "draw")
	f.invoke(t, "draw")
	for range 3 {
		first.next(0, "INTERACTION_CREATE")
		second.next(0, "INTERACTION_CREATE")
	}
	f.generate(t)
	_, err := f.Invoke(t.Context(), discordsim.Invocation{
		User: f.ann.ID, Channel: f.channel.ID, Command: "generate",
		Options: map[string]any{"prompt": "a fish", "image": discordsim.Upload{Name: "a.png", Data: []byte("a")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if p := second.next(0, "INTERACTION_CREATE"); !strings.Contains(string(p.D), `"url":"`+other.URL+`/attachments/`) {
		t.Errorf("the attachment is elsewhere than the client asked: %s", p.D)
	}
	_ = second.ws.Close()
	var opened, closed []string
	f.until(t, "the end of a socket is told", func() bool {
		for len(sub.C) > 0 {
			switch e := <-sub.C; e.Kind {
			case discordsim.SocketOpened:
				opened = append(opened, e.Text)
			case discordsim.SocketClosed:
				closed = append(closed, e.Text)
			}
		}
		return len(closed) > 0
	})
	if len(opened) != 2 || opened[1] != host(other.URL) || closed[0] != host(other.URL) {
		t.Errorf("opened %v, closed %v", opened, closed)
	}
}
