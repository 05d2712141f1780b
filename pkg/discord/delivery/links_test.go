package delivery_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord/delivery"
)

var secret = []byte("a secret of at least sixteen bytes")

func (f *fixture) links() *delivery.Links {
	f.t.Helper()
	return f.linksWith(delivery.LinksConfig{})
}

func (f *fixture) linksWith(c delivery.LinksConfig) *delivery.Links {
	f.t.Helper()
	c.Store = f.store
	if c.Secrets == nil {
		c.Secrets = [][]byte{secret}
	}
	if c.Public == nil {
		c.Public = &url.URL{Scheme: "https", Host: "bot.example.org"}
	}
	l, err := delivery.NewLinks(c)
	if err != nil {
		f.t.Fatal(err)
	}
	return l
}

// served is a link on a server that is there.
type served struct {
	t    *testing.T
	url  string
	link delivery.Link
}

func (f *fixture) serve(c delivery.LinksConfig, strip bool) served {
	f.t.Helper()
	l := f.linksWith(c)
	server := httptest.NewServer(l)
	f.t.Cleanup(server.Close)
	r := f.order.Results[0]
	link, err := l.Make(delivery.Target{N: 1, Object: r.Name, File: "fox-1.png", Type: r.Type, Size: r.Size, Strip: strip})
	if err != nil {
		f.t.Fatal(err)
	}
	return served{f.t, server.URL + link.URL.RequestURI(), link}
}

func (s served) get(method, address string, header ...string) (*http.Response, []byte, error) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}

func TestLinksServeWhatTheySay(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("0123456789"), 20_000)
	f := newFixture(t).add("a.png", "image/png", data)
	s := f.serve(delivery.LinksConfig{}, false)
	resp, body, err := s.get("GET", s.url)
	if err != nil || resp.StatusCode != http.StatusOK || !bytes.Equal(body, data) {
		t.Fatalf("%v, %v", resp, err)
	}
	for header, want := range map[string]string{
		"Content-Type": "image/png", "Content-Disposition": "attachment; filename=fox-1.png", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "sandbox; default-src 'none'", "Content-Length": "200000", "Accept-Ranges": "bytes", "Referrer-Policy": "no-referrer",
	} {
		if got := resp.Header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	resp, body, err = s.get("HEAD", s.url)
	if err != nil || resp.StatusCode != http.StatusOK || len(body) != 0 || resp.ContentLength != 200_000 {
		t.Errorf("HEAD: %v, %v", resp, err)
	}
	for method, status := range map[string]int{"POST": 405, "PUT": 405, "DELETE": 405, "OPTIONS": 405} {
		if resp, _, err := s.get(method, s.url); err != nil || resp.StatusCode != status {
			t.Errorf("%s: %v, %v", method, resp, err)
		}
	}
	if len(s.link.URL.String()) > 512 {
		t.Errorf("an address of %d bytes", len(s.link.URL.String()))
	}
	if f.store.open != 0 {
		t.Errorf("%d files are open", f.store.open)
	}
}

func TestLinksAnswerRanges(t *testing.T) {
	t.Parallel()
	data := make([]byte, 100_000)
	for i := range data {
		data[i] = byte(i % 251)
	}
	f := newFixture(t).add("a.png", "image/png", data)
	for _, strip := range []bool{false, true} {
		s := f.serve(delivery.LinksConfig{}, false)
		if strip {
			f = newFixture(t).add("a.bin", "application/x-thing", data)
			s = f.serve(delivery.LinksConfig{Temp: t.TempDir()}, true)
		}
		tag := ""
		for _, c := range []struct {
			header string
			status int
			want   []byte
		}{
			{"bytes=0-9", 206, data[:10]},
			{"bytes=99990-", 206, data[99_990:]},
			{"bytes=-10", 206, data[99_990:]},
			{"bytes=40000-80000", 206, data[40_000:80_001]},
			{"bytes=0-99999999", 206, data},
			{"bytes=99999-99999", 206, data[99_999:]},
			{"bytes=100000-", 416, nil},
			{"bytes=-0", 416, nil},
		} {
			if strip && c.header == "bytes=-0" {
				continue // net/http answers with a part of nothing
			}
			resp, body, err := s.get("GET", s.url, "Range", c.header)
			if err != nil || resp.StatusCode != c.status || (c.want != nil && !bytes.Equal(body, c.want)) {
				t.Fatalf("%s, strip is %t: %v, %d bytes, %v", c.header, strip, resp, len(body), err)
			}
			tag = resp.Header.Get("ETag")
		}
		for _, header := range []string{"pages=1-2", "bytes=5-2", "bytes=a-b", "bytes=1--2"} {
			if resp, body, err := s.get("GET", s.url, "Range", header); err != nil || (resp.StatusCode != http.StatusRequestedRangeNotSatisfiable) == !bytes.Equal(body, data) {
				t.Errorf("%s: %v, %v", header, resp, err)
			}
		}
		for condition, status := range map[string]int{tag: 206, `"another"`: 200} {
			if resp, _, err := s.get("GET", s.url, "Range", "bytes=1-2", "If-Range", condition); (err != nil || resp.StatusCode != status) && tag != "" {
				t.Errorf("if range %s: %v, %v", condition, resp, err)
			}
		}
	}
}

func TestLinksThatAreNotOurs(t *testing.T) {
	t.Parallel()
	f := newFixture(t).add("a.png", "image/png", []byte("x"))
	other := newFixture(t).add("a.png", "image/png", []byte("x"))
	other.order.Results[0].Name = strings.Replace(other.order.Results[0].Name, "1-a", "1-b", 1)
	s := f.serve(delivery.LinksConfig{}, false)
	foreign := other.serve(delivery.LinksConfig{Secrets: [][]byte{[]byte("another secret, as long as that")}}, false)
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	changed := func(key, value string) string {
		c := maps.Clone(q)
		c.Set(key, value)
		if value == "" {
			c.Del(key)
		}
		return u.Scheme + "://" + u.Host + u.Path + "?" + c.Encode()
	}
	base := u.Scheme + "://" + u.Host
	for _, address := range []string{
		changed("until", "99999999999"), changed("size", "2"), changed("type", "text/html"), changed("plain", "1"), changed("sign", "AAAA"), changed("sign", ""),
		changed("sign", q.Get("sign")[1:]), changed("until", "x"), changed("size", "-1"), changed("until", ""),
		strings.Replace(s.url, "fox-1.png", "fox-1.html", 1), strings.Replace(s.url, "1-a.png", "1-b.png", 1),
		strings.Replace(s.url, jobID.String(), strings.ToUpper(jobID.String()), 1), strings.Replace(s.url, "/files/", "/file/", 1),
		base + foreign.link.URL.RequestURI(), base, base + "/files/", base + "/files/../../etc/passwd", base + "/files/" + jobID.String() + "/",
		strings.Replace(s.url, "/1-a.png/fox-1.png", "/1-a.pn/gfox-1.png", 1), strings.Replace(s.url, "/1-a.png/", "/%2e%2e/", 1), strings.Replace(s.url, "?", "/x?", 1),
	} {
		if resp, body, err := s.get("GET", address); err != nil || resp.StatusCode != http.StatusNotFound || string(body) != "there is nothing here\n" {
			t.Errorf("%s: %v %q, %v", address, resp, body, err)
		}
	}
	// A proxy may serve us below a path of its own, and take it off or not.
	if resp, _, err := s.get("GET", strings.Replace(s.url, "/files/", "/bot/files/", 1)); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("below a path: %v, %v", resp, err)
	}
	if f.store.open != 0 || f.store.opens != 1 {
		t.Errorf("the store was asked %d times", f.store.opens)
	}
}

func TestLinksExpire(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	f := newFixture(t).add("a.png", "image/png", []byte("x"))
	s := f.serve(delivery.LinksConfig{Life: time.Hour, Now: func() time.Time { return now }}, false)
	if want := now.Add(time.Hour); !s.link.Expires.Equal(want) {
		t.Errorf("it expires %v", s.link.Expires)
	}
	for _, c := range []struct {
		at     time.Duration
		status int
		words  string
	}{{0, 200, "x"}, {time.Hour - time.Second, 200, "x"}, {time.Hour, 410, "this link has expired: ask for the job again with /show\n"}} {
		start := now
		now = now.Add(c.at)
		if resp, body, err := s.get("GET", s.url); err != nil || resp.StatusCode != c.status || string(body) != c.words {
			t.Errorf("after %v: %v %q, %v", c.at, resp, body, err)
		}
		now = start
	}
	delete(f.store.files, f.order.Results[0].Name)
	if resp, body, err := s.get("GET", s.url); err != nil || resp.StatusCode != http.StatusGone || !strings.Contains(string(body), "no longer stored") {
		t.Errorf("a file that is gone: %v %q, %v", resp, body, err)
	}
	f.store.err = io.ErrClosedPipe
	if resp, _, err := s.get("GET", s.url); err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a store that is away: %v, %v", resp, err)
	}
}

func TestADamagedFileIsNeverWhole(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 100, 32 << 10, 32<<10 + 1, 200_000} {
		data := bytes.Repeat([]byte{'x'}, size)
		for _, c := range []struct {
			name  string
			claim int
			open  func() io.Reader
		}{
			{"found at the end", size, damaged(data)},
			{"shorter", size + 1, func() io.Reader { return bytes.NewReader(data) }},
			{"longer", size - 1, func() io.Reader { return bytes.NewReader(data) }},
		} {
			f := newFixture(t).addFunc("a.png", "image/png", int64(c.claim), c.open)
			s := f.serve(delivery.LinksConfig{}, false)
			if resp, body, err := s.get("GET", s.url); err == nil && c.claim > 0 {
				t.Errorf("%d bytes, %s: %d with %d bytes", size, c.name, resp.StatusCode, len(body))
			}
			if resp, body, err := s.get("GET", s.url, "Range", "bytes=-1"); err == nil && c.claim > 0 && size > 0 && resp.StatusCode == http.StatusPartialContent {
				t.Errorf("%d bytes, %s: a range of %q", size, c.name, body)
			}
		}
	}
}

func TestLinksServeWithoutMetadata(t *testing.T) {
	t.Parallel()
	data := withPrompt(pngOf(t, noise(20, 20)))
	f := newFixture(t).add("a.png", "image/png", data)
	temp := t.TempDir()
	s := f.serve(delivery.LinksConfig{Temp: temp}, true)
	resp, body, err := s.get("GET", s.url)
	if err != nil || resp.StatusCode != http.StatusOK || bytes.Contains(body, []byte("secret")) || len(body) >= len(data) || resp.ContentLength != int64(len(body)) {
		t.Errorf("%v, %d bytes, %v", resp, len(body), err)
	}
	torn := newFixture(t).addFunc("a.png", "image/png", int64(len(data)), damaged(data))
	s = torn.serve(delivery.LinksConfig{Temp: temp}, true)
	if resp, _, err := s.get("GET", s.url); err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a damaged file: %v, %v", resp, err)
	}
	s = f.serve(delivery.LinksConfig{Temp: temp, Room: 10}, true)
	if resp, _, err := s.get("GET", s.url); err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("no room: %v, %v", resp, err)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	first, release := make(chan struct{}), make(chan struct{})
	f := newFixture(t).addFunc("a.png", "image/png", 1, func() io.Reader {
		return readFunc(func(p []byte) (int, error) { close(first); <-release; return 0, io.EOF })
	})
	s := f.serve(delivery.LinksConfig{Streams: 1}, false)
	ended := make(chan struct{})
	go func() { defer close(ended); _, _, _ = s.get("GET", s.url) }()
	<-first
	resp, _, err := s.get("GET", s.url)
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("%v, %v", resp, err)
	}
	close(release)
	<-ended
}

func TestSecretsCanBeChanged(t *testing.T) {
	t.Parallel()
	f := newFixture(t).add("a.png", "image/png", []byte("x"))
	old := f.serve(delivery.LinksConfig{}, false)
	now := f.serve(delivery.LinksConfig{Secrets: [][]byte{[]byte("the next secret, as long as that"), secret}}, false)
	address := now.url[:strings.Index(now.url, "/files/")] + old.link.URL.RequestURI()
	if resp, _, err := now.get("GET", address); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("a link of the former secret: %v, %v", resp, err)
	}
	if now.link.URL.Query().Get("sign") == old.link.URL.Query().Get("sign") {
		t.Error("the former secret still signs")
	}
}

func TestLinksNeedSenseToBeMade(t *testing.T) {
	t.Parallel()
	public := &url.URL{Scheme: "https", Host: "example.org", Path: "/bot/"}
	for name, c := range map[string]delivery.LinksConfig{
		"no store":       {Public: public, Secrets: [][]byte{secret}},
		"no address":     {Store: &store{}, Secrets: [][]byte{secret}},
		"a part":         {Store: &store{}, Public: &url.URL{Path: "/bot"}, Secrets: [][]byte{secret}},
		"no secret":      {Store: &store{}, Public: public},
		"a short secret": {Store: &store{}, Public: public, Secrets: [][]byte{secret, []byte("short")}},
	} {
		if _, err := delivery.NewLinks(c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	f := newFixture(t)
	l := f.linksWith(delivery.LinksConfig{Public: public})
	for _, target := range []delivery.Target{
		{Object: "x", File: "a.png"}, {Object: jobID.String() + "/../x", File: "a.png"}, {Object: jobID.String() + "/1-1.png", File: "../a"},
		{Object: jobID.String() + "/1-1.png", File: ""}, {Object: jobID.String() + "/1-1.png", File: ".htaccess"},
		{Object: jobID.String() + "/1-1.png", File: "a.png", Size: -1}, {Object: jobID.String() + "/1-1.png", File: "a.png", Type: strings.Repeat("x", 101)},
	} {
		if link, err := l.Make(target); err == nil {
			t.Errorf("%+v: %v", target, link.URL)
		}
	}
	link, err := l.Make(delivery.Target{Object: jobID.String() + "/1-1.png", File: "a.png"})
	if err != nil || !strings.HasPrefix(link.URL.String(), fmt.Sprintf("https://example.org/bot/files/%s/1-1.png/a.png?", jobID)) {
		t.Errorf("%v, %v", link.URL, err)
	}
}

func FuzzLink(f *testing.F) {
	s := &store{files: map[string]func() io.Reader{}}
	l, err := delivery.NewLinks(delivery.LinksConfig{Store: s, Secrets: [][]byte{secret}, Public: &url.URL{Scheme: "https", Host: "example.org"}})
	if err != nil {
		f.Fatal(err)
	}
	link, err := l.Make(delivery.Target{Object: jobID.String() + "/1-1.png", File: "a.png", Type: "image/png", Size: 5})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(link.URL.Path, link.URL.RawQuery, "bytes=1-2")
	f.Add("/files/a/b/c", "until=1&size=2&sign=AA", "bytes=-")
	f.Fuzz(func(t *testing.T, path, query, header string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path, r.URL.RawQuery = path, query
		r.Header.Set("Range", header)
		w := httptest.NewRecorder()
		l.ServeHTTP(w, r)
		signed := r.URL.Query().Get("sign") == link.URL.Query().Get("sign")
		if w.Code != http.StatusNotFound && !signed {
			t.Errorf("%d for a link that is not ours", w.Code)
		}
	})
}
