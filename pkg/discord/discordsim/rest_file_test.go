package discordsim_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord/discordsim"
)

func picture(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// get asks the CDN.
func (f *fake) get(t *testing.T, url string, header ...string) (status int, body string, h http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, b.String(), res.Header
}

func attachments(a answer) []object {
	var out []object
	for _, v := range a.json["attachments"].([]any) {
		out = append(out, v.(object))
	}
	return out
}

func TestAttachments(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"", "folder"} {
		t.Run("kept in "+dir, func(t *testing.T) {
			t.Parallel()
			cfg := discordsim.Config{}
			if dir != "" {
				cfg.Dir = t.TempDir()
			}
			f := stopped(t, cfg)
			data := picture(t, 30, 20)
			a := f.do(t, "POST", f.messages(), `{"attachments":[{"id":"0","description":"grey","is_spoiler":true}]}`, file{"my cat?.png", data}).want(t, 200, 0)
			got := attachments(a)[0]
			if got["filename"] != "my_cat_.png" || got["content_type"] != "image/png" || got["width"] != 30.0 || got["height"] != 20.0 ||
				got["description"] != "grey" || got["size"] != float64(len(data)) || got["flags"] != 32.0 {
				t.Errorf("attachment %v", got)
			}
			url := got["url"].(string)
			status, body, h := f.get(t, url)
			if status != 200 || body != string(data) || h.Get("Content-Type") != "image/png" {
				t.Errorf("CDN: %d, %d bytes, %v", status, len(body), h)
			}
			if status, body, _ := f.get(t, url, "Range", "bytes=1-3"); status != 206 || body != string(data[1:4]) {
				t.Errorf("range: %d %q", status, body)
			}
			if status, _, _ := f.get(t, strings.Replace(url, "hm=", "hm=0", 1)); status != 404 {
				t.Errorf("forged: %d", status)
			}
			f.Advance(25 * time.Hour)
			if status, _, _ := f.get(t, url); status != 404 {
				t.Errorf("expired: %d", status)
			}
			fresh := attachments(f.do(t, "GET", f.messages()+"/"+a.id(t).String(), ``))[0]["url"].(string)
			if status, _, _ := f.get(t, fresh); status != 200 {
				t.Errorf("fresh: %d", status)
			}
			f.DeleteMessage(a.id(t))
			if status, _, _ := f.get(t, fresh); status != 404 || f.Stats().Files != 0 {
				t.Errorf("deleted: %d, %d files", status, f.Stats().Files)
			}
			f.noViolations(t)
		})
	}
}

func TestFaultsOfTheCDN(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	a := f.do(t, "POST", f.messages(), `{"attachments":[{"id":"0"}]}`, file{"cat.png", picture(t, 3, 2)}).want(t, 200, 0)
	url := attachments(a)[0]["url"].(string)
	f.Break(discordsim.Fault{Status: 500}) // of REST
	if status, _, _ := f.get(t, url); status != 200 {
		t.Errorf("a fault of REST: %d", status)
	}
	f.Mend()
	f.Break(discordsim.Fault{Route: "GET /attachments/", Status: 503, Times: 1, Wait: time.Millisecond, Linger: time.Millisecond})
	for n, want := range []int{503, 200} {
		if status, _, _ := f.get(t, url); status != want {
			t.Errorf("request %d: %d, want %d", n+1, status, want)
		}
	}
}

func TestEditsReplaceAttachments(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	i := f.asked(t)
	f.callback(t, i, `{"type":5}`).want(t, 200, 0)
	patch := func(body string, files ...file) answer {
		f.Advance(time.Second)
		return f.do(t, "PATCH", f.webhook(i, original), body, files...).want(t, 200, 0)
	}
	names := func(a answer) string {
		var out []string
		for _, o := range attachments(a) {
			out = append(out, o["filename"].(string))
		}
		return strings.Join(out, " ")
	}
	show := `"embeds":[{"title":"t","image":{"url":"attachment://p.png"}}]`
	a := patch(`{`+show+`,"attachments":[{"id":"0"}]}`, file{"p.png", picture(t, 3, 2)})
	image := a.json["embeds"].([]any)[0].(object)["image"].(object)
	if names(a) != "" || image["width"] != 3.0 || !strings.HasPrefix(image["url"].(string), f.url+"/attachments/") {
		t.Errorf("an embedded picture is not listed: %q, image %v", names(a), image)
	}
	if status, _, _ := f.get(t, image["url"].(string)); status != 200 {
		t.Errorf("picture: %d", status)
	}
	if a := patch(`{"embeds":[]}`); names(a) != "p.png" {
		t.Errorf("left without an embed: %q", names(a))
	}
	a = patch(`{"content":"x"}`, file{"q.png", picture(t, 1, 1)})
	if names(a) != "p.png q.png" {
		t.Errorf("added: %q", names(a))
	}
	keep := attachments(a)[1]["id"].(string)
	if a := patch(`{"attachments":[{"id":"`+keep+`"},{"id":"0"}]}`, file{"r.png", picture(t, 1, 1)}); names(a) != "q.png r.png" {
		t.Errorf("kept: %q", names(a))
	}
	if a := patch(`{"attachments":[]}`); names(a) != "" || f.Stats().Files != 0 {
		t.Errorf("removed: %q, %d files", names(a), f.Stats().Files)
	}
	f.noViolations(t)
	f.Advance(time.Second)
	f.do(t, "PATCH", f.webhook(i, original), `{`+show+`}`).want(t, 400, 50035)
	f.broke(t, "not attached")
}

func TestFilesThatAreTooLarge(t *testing.T) {
	t.Parallel()
	limits := discordsim.DefaultLimits()
	limits.FileSize, limits.RequestSize = [4]int64{100, 100, 200, 300}, 1000
	f := stopped(t, discordsim.Config{Limits: &limits}) // the guild has tier 2
	rich := f.AddUser(discordsim.NewUser{Name: "rich", Nitro: 500})
	f.AddMember(f.guild.ID, rich.ID)
	send := func(n int) answer { return f.do(t, "POST", f.messages(), `{}`, file{"a.bin", make([]byte, n)}) }
	send(200).want(t, 200, 0)
	send(201).want(t, 413, 40005)
	send(2000).want(t, 413, 40005)
	id, err := f.Invoke(t.Context(), discordsim.Invocation{User: rich.ID, Channel: f.channel.ID, Command: "make"})
	if err != nil {
		t.Fatal(err)
	}
	i := f.Interaction(id)
	if i.SizeLimit != 500 {
		t.Errorf("attachment_size_limit %d", i.SizeLimit)
	}
	f.callback(t, i, `{"type":4,"data":{}}`, file{"a.bin", make([]byte, 500)}).want(t, 200, 0)
	f.do(t, "PATCH", f.webhook(i, original), `{}`, file{"a.bin", make([]byte, 501)}).want(t, 413, 40005)
	original := f.Interaction(id).Original.String()
	f.do(t, "PATCH", f.messages()+"/"+original, `{}`, file{"a.bin", make([]byte, 201)}).want(t, 413, 40005) // by bot token
	if st := f.Stats(); st.TooLarge != 4 || st.Files != 2 {
		t.Errorf("stats %+v", st)
	}
	f.noViolations(t)
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	limits := unlimited()
	limits.FileBytes, limits.MessagesPerRoom, limits.Interactions = 1000, 5, 3
	f := stopped(t, discordsim.Config{Limits: limits})
	first := f.asked(t)
	for n := range 10 {
		f.do(t, "POST", f.messages(), fmt.Sprintf(`{"content":"%d"}`, n), file{"a.bin", make([]byte, 300)}).want(t, 200, 0)
		f.asked(t)
	}
	st := f.Stats()
	if st.FileBytes > 1000 || len(f.Messages(f.channel.ID, 0)) != 5 || f.Interaction(first.ID) != nil {
		t.Errorf("%d bytes, %d messages, first interaction %v", st.FileBytes, len(f.Messages(f.channel.ID, 0)), f.Interaction(first.ID))
	}
	f.callback(t, first, `{"type":5}`).want(t, 404, 10062)
	f.noViolations(t)
}

func TestBodiesThatAreWrong(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body   string
		status, code int
		want         string
	}{
		{"no JSON", `{`, 400, 50109, "no JSON"},
		{"by the file", `{"content":7}`, 400, 50035, "/content"},
		{"by a rule", `{"content":"x","embeds":[{"title":""}]}`, 400, 50035, "something to show"},
		{"nothing in it", `{}`, 400, 50035, "empty message"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := stopped(t, discordsim.Config{})
			f.do(t, "POST", f.messages(), tt.body).want(t, tt.status, tt.code)
			f.broke(t, tt.want)
		})
	}
}

func TestUnknownRoutesAndAgents(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	r, err := http.NewRequestWithContext(t.Context(), "GET", f.url+"/api/v10/gateway", nil)
	if err != nil {
		t.Fatal(err)
	}
	f.read(t, r).want(t, 200, 0)
	f.broke(t, "User-Agent")
	for _, path := range []string{"/api/v9/nothing", "/api/v8/gateway"} {
		if status, body, _ := f.get(t, f.url+path); status != 404 || !strings.Contains(body, `"code":0`) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if n := f.Stats().Violations; n != 3 {
		t.Errorf("%d violations", n)
	}
}
