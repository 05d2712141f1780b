package comfy

import (
	"net/url"
	"strings"
	"testing"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ raw, http, ws string }{
		"plain":           {"http://comfyui:8188", "http://comfyui:8188/queue", "ws://comfyui:8188/ws?clientId=me"},
		"trailing slash":  {"http://comfyui:8188/", "http://comfyui:8188/queue", "ws://comfyui:8188/ws?clientId=me"},
		"IPv6":            {"http://[::1]:8188", "http://[::1]:8188/queue", "ws://[::1]:8188/ws?clientId=me"},
		"IPv6 and a zone": {"http://[fe80::1%25eth0]:8188", "http://[fe80::1%25eth0]:8188/queue", "ws://[fe80::1%25eth0]:8188/ws?clientId=me"},
		"https":           {"https://gpu.example", "https://gpu.example/queue", "wss://gpu.example/ws?clientId=me"},
		"base path":       {"https://gpu.example/comfy/a%2Fb/", "https://gpu.example/comfy/a%2Fb/queue", "wss://gpu.example/comfy/a%2Fb/ws?clientId=me"},
		"credentials":     {"http://user:secret@gpu:1", "http://gpu:1/queue", "ws://gpu:1/ws?clientId=me"},
		"spaces around":   {" http://gpu:1\n", "http://gpu:1/queue", "ws://gpu:1/ws?clientId=me"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := parseAddress(test.raw)
			if err != nil {
				t.Fatal(err)
			}
			if got := a.at(nil, "queue"); got != test.http {
				t.Errorf("HTTP %s, want %s", got, test.http)
			}
			if got := a.socket("me"); got != test.ws {
				t.Errorf("WebSocket %s, want %s", got, test.ws)
			}
		})
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"", "comfyui", "comfyui:8188", "127.0.0.1:8188", "ftp://comfyui", "http://", "http://:8188", "http:///x",
		"http://gpu:1?x=1", "http://gpu:1#x", "http://user:secret@gpu:port", "http://[::1", "://", "http://gpu:1/%zz",
	} {
		_, err := parseAddress(raw)
		if err == nil {
			t.Errorf("%q was taken", raw)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error tells the password: %v", raw, err)
		}
	}
}

func TestSegmentsStayWithinTheirPlace(t *testing.T) {
	t.Parallel()
	a, err := parseAddress("http://gpu:1/base")
	if err != nil {
		t.Fatal(err)
	}
	got := a.at(url.Values{"q": {"a b&c"}}, "history", "../x?y#z")
	if want := "http://gpu:1/base/history/..%2Fx%3Fy%23z?q=a+b%26c"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config Config
		want   string
		fails  bool
	}{
		"none":                   {Config{URL: "http://gpu"}, "", false},
		"token":                  {Config{URL: "http://gpu", Token: "abc"}, "Bearer abc", false},
		"basic":                  {Config{URL: "http://gpu", User: "u", Password: "p"}, "Basic dTpw", false},
		"basic of the URL":       {Config{URL: "http://u:p@gpu"}, "Basic dTpw", false},
		"basic before the URL's": {Config{URL: "http://x:y@gpu", User: "u", Password: "p"}, "Basic dTpw", false},
		"both":                   {Config{URL: "http://u:p@gpu", Token: "abc"}, "", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := New(test.config)
			if err != nil {
				if !test.fails {
					t.Error(err)
				}
				return
			}
			if c.auth != test.want || test.fails || c.URL() != "http://gpu" {
				t.Errorf("%q for %s, want %q", c.auth, c.URL(), test.want)
			}
		})
	}
}
