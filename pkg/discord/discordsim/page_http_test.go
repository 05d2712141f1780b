package discordsim_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"discomfy/pkg/discord/discordsim"
)

// ask sends a request as the page does and returns status and body.
func (f *fake) ask(t *testing.T, method, path, contentType string, body []byte, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, f.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	status, text, _ := fetched(t, r)
	return status, text
}

func fetched(t *testing.T, r *http.Request) (status int, text string, header http.Header) {
	t.Helper()
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(body), a.Header
}

func (f *fake) act(t *testing.T, name string, payload object) (int, object) {
	t.Helper()
	status, text := f.ask(t, "POST", "/sim/"+name, "application/json", []byte(asJSON(payload)))
	var o object
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("%s: %d %.200s", name, status, text)
	}
	return status, o
}

// The page asks nobody but the fake for anything.
func TestThePageHasNoForeignResources(t *testing.T) {
	t.Parallel()
	address := regexp.MustCompile(`(?:src|href|url\(|import|from|fetch)\W{1,4}(?:https?:)?//`)
	err := fs.WalkDir(os.DirFS("page"), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile("page/" + path)
		if found := address.Find(text); found != nil {
			t.Errorf("%s: %s", path, found)
		}
		if n := bytes.Count(text, []byte("\n")); n > 150 {
			t.Errorf("%s has %d lines: split it", path, n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	f := newFake(t, quick())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.url+"/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	status, _, header := fetched(t, r)
	if policy := header.Get("Content-Security-Policy"); status != 200 || !strings.Contains(policy, "default-src 'self'") {
		t.Errorf("%d, policy %q", status, policy)
	}
}

func TestThePageIsRefused(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	for name, c := range map[string]struct {
		path, contentType, body string
		header                  []string
		want                    int
	}{
		"another site":    {"/sim/say", "application/json", `{}`, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"no JSON":         {"/sim/say", "application/json", `{`, nil, 400},
		"another type":    {"/sim/say", "text/plain", `{}`, nil, 400},
		"broken parts":    {"/sim/say", "multipart/form-data; boundary=x", `--y`, nil, 400},
		"nobody":          {"/sim/say", "application/json", `{"content":"x"}`, nil, 422},
		"no command":      {"/sim/invoke", "application/json", asJSON(object{"user": f.ann.ID, "channel": f.channel.ID, "command": "x"}), nil, 422},
		"no message":      {"/sim/click", "application/json", asJSON(object{"user": f.ann.ID, "message": "1", "custom_id": "x"}), nil, 422},
		"no menu":         {"/sim/select", "application/json", asJSON(object{"user": f.ann.ID, "message": "1", "custom_id": "x"}), nil, 422},
		"no modal":        {"/sim/modal", "application/json", asJSON(object{"user": f.ann.ID, "interaction": "1"}), nil, 422},
		"no field":        {"/sim/modal", "application/json", asJSON(object{"user": f.ann.ID, "fields": object{"a": object{}}}), nil, 422},
		"no autocomplete": {"/sim/autocomplete", "application/json", asJSON(object{"user": f.ann.ID, "command": "x"}), nil, 422},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, text := f.ask(t, "POST", c.path, c.contentType, []byte(c.body), c.header...)
			if status != c.want {
				t.Errorf("%d %s, want %d", status, text, c.want)
			}
		})
	}
	if status, _ := f.ask(t, "GET", "/sim/messages?channel=1&user=1", "", nil); status != 404 {
		t.Errorf("messages of nowhere: %d", status)
	}
	if status, text := f.ask(t, "GET", "/sim/commands?channel=1&user=1", "", nil); status != 200 || text != "[]" {
		t.Errorf("commands of nobody: %d %s", status, text)
	}
}

// A program gives a command with a file and a user over HTTP, chooses and sends a modal.
func TestAProgramActsOverHTTP(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	f.generate(t)
	f.play(t, script{
		"generate": func(t *testing.T, f *fake, i *discordsim.Interaction, data object) {
			if optionOf(data, "image") == nil || optionOf(data, "friend") != f.bob.ID.String() || optionOf(data, "cfg") != 1.5 {
				t.Errorf("options %v", data["options"])
			}
			f.callback(t, i, `{"type":4,"data":{"content":"done","components":[{"type":1,"components":[{"type":2,"style":1,"label":"Redo","custom_id":"redo"}]}]}}`)
		},
		"generate?": says(`{"type":8,"data":{"choices":[]}}`),
		"redo":      says(form),
	})
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("payload", asJSON(object{"user": f.ann.ID, "channel": f.channel.ID, "command": "generate", "options": object{
		"prompt": "abc", "friend": f.bob.ID, "cfg": 1.5,
	}}))
	part, _ := w.CreateFormFile("file:image", "a.png")
	_, _ = part.Write(pixel())
	w.Close()
	status, text := f.ask(t, "POST", "/sim/invoke", w.FormDataContentType(), b.Bytes())
	var answer struct {
		Answer  int           `json:"answer"`
		Message discordsim.ID `json:"message"`
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || status != 200 || answer.Answer != 4 {
		t.Fatalf("%d %s", status, text)
	}
	status, choices := f.act(t, "autocomplete", object{"user": f.ann.ID, "channel": f.channel.ID, "command": "generate", "option": "model", "typed": "x"})
	if list, ok := choices["choices"].([]any); status != 200 || !ok || len(list) != 0 {
		t.Errorf("choices: %d %v", status, choices)
	}
	status, clicked := f.act(t, "click", object{"user": f.ann.ID, "message": answer.Message, "custom_id": "redo"})
	if status != 200 || clicked["modal"] == nil {
		t.Fatalf("clicked: %d %v", status, clicked)
	}
	status, sent := f.act(t, "modal", object{"user": f.ann.ID, "interaction": clicked["interaction"], "fields": object{"prompt": ""}})
	if status != 422 || !strings.Contains(sent["error"].(string), "required") {
		t.Errorf("sent: %d %v", status, sent)
	}
	f.noViolations(t)
}

// Messages come in pages, without what others alone may see.
func TestMessagesComeInPages(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	f.command(t, "make")
	for range 3 {
		f.callback(t, f.Interaction(f.invoke(t, "make")), `{"type":4,"data":{"content":"x"}}`)
	}
	f.callback(t, f.Interaction(f.invoke(t, "make")), `{"type":4,"data":{"content":"secret","flags":64}}`)
	page := func(user discordsim.ID, query string) (out struct {
		Messages []struct {
			ID          string `json:"id"`
			Content     string `json:"content"`
			Interaction object `json:"interaction"`
		} `json:"messages"`
		More bool `json:"more"`
	}) {
		_, text := f.ask(t, "GET", "/sim/messages?user="+user.String()+"&channel="+f.channel.ID.String()+query, "", nil)
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	all := page(f.ann.ID, "")
	if len(all.Messages) != 4 || all.More || all.Messages[3].Content != "secret" || all.Messages[0].Interaction["name"] != "make" {
		t.Errorf("ann sees %+v", all)
	}
	two := page(f.bob.ID, "&limit=2")
	if len(two.Messages) != 2 || !two.More || two.Messages[1].ID != all.Messages[2].ID {
		t.Errorf("bob sees %+v", two)
	}
	if rest := page(f.bob.ID, "&limit=2&before="+two.Messages[0].ID); len(rest.Messages) != 1 || rest.More {
		t.Errorf("bob sees before that %+v", rest)
	}
}

// The stream tells what its user sees in its channel.
func TestThePageHearsEvents(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	f.command(t, "make")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	q := url.Values{"user": {f.bob.ID.String()}, "channel": {f.channel.ID.String()}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url+"/sim/events?"+q.Encode(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	lines := bufio.NewScanner(a.Body)
	next := func() (e struct {
		Kind    string `json:"kind"`
		Message object `json:"message"`
		ID      string `json:"id"`
	}) {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(data), &e); err != nil {
					t.Fatal(err)
				}
				return e
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return e
	}
	f.callback(t, f.Interaction(f.invoke(t, "make")), `{"type":4,"data":{"content":"secret","flags":64}}`)
	i := f.Interaction(f.invoke(t, "make"))
	f.callback(t, i, `{"type":4,"data":{"content":"public"}}`)
	if e := next(); e.Kind != "message" || e.Message["content"] != "public" {
		t.Errorf("first %+v", e)
	}
	f.DeleteMessage(f.Interaction(i.ID).Original)
	if e := next(); e.Kind != "deleted" || e.ID != f.Interaction(i.ID).Original.String() {
		t.Errorf("then %+v", e)
	}
	f.AddUser(discordsim.NewUser{Name: "carol"})
	if e := next(); e.Kind != "world" {
		t.Errorf("then %+v", e)
	}
}
