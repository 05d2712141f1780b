package discordsim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/discord/discordsim/spec"
)

// epoch is when the clock of a stopped fake begins.
var epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// stopped is a fake whose time passes by Advance alone, with a command /make that everybody may give.
func stopped(t *testing.T, cfg discordsim.Config) *fake {
	t.Helper()
	cfg.Now = func() time.Time { return epoch }
	f := newFake(t, cfg)
	f.command(t, "make")
	return f
}

// file is a file of a multipart request.
type file struct {
	name string
	data []byte
}

// answer is what REST answered.
type answer struct {
	status int
	header http.Header
	json   object
	list   []any
	text   string
}

func (a answer) code() int { n, _ := a.json["code"].(float64); return int(n) }

func (a answer) id(t *testing.T) discordsim.ID {
	t.Helper()
	id, err := discordsim.ParseID(fmt.Sprint(a.json["id"]))
	if err != nil {
		t.Fatalf("%d %s: %v", a.status, a.text, err)
	}
	return id
}

// want fails the test unless the answer has a status and a code; 0 is no code.
func (a answer) want(t *testing.T, status, code int) answer {
	t.Helper()
	if a.status != status || a.code() != code {
		t.Fatalf("answer %d, code %d, want %d, %d: %.300s", a.status, a.code(), status, code, a.text)
	}
	return a
}

// do sends a request with the bot's token; body is a string of JSON, "" for none. Answers are judged by the OpenAPI
// file.
func (f *fake) do(t *testing.T, method, path, body string, files ...file) answer {
	t.Helper()
	header := http.Header{"Authorization": {"Bot " + f.Token()}}
	return f.send(t, header, method, path, body, files...)
}

func (f *fake) send(t *testing.T, header http.Header, method, path, body string, files ...file) answer {
	t.Helper()
	contentType, data := "application/json", []byte(body)
	if len(files) > 0 {
		contentType, data = multipartOf(t, body, files)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, f.url+"/api/v9"+path, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	r.Header.Set("User-Agent", "DiscordBot (https://example.org, 1)")
	if len(data) > 0 {
		r.Header.Set("Content-Type", contentType)
	}
	return f.read(t, r)
}

func (f *fake) read(t *testing.T, r *http.Request) answer {
	t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, text: string(text)}
	_ = json.Unmarshal(text, &a.json)
	_ = json.Unmarshal(text, &a.list)
	rules, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, complaint := range rules.CheckAnswer(r.Method, r.URL.Path, a.status, text) {
		t.Errorf("answer to %s %s: %s\n%.600s", r.Method, r.URL.Path, complaint, text)
	}
	return a
}

func multipartOf(t testing.TB, payload string, files []file) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if payload != "" {
		_ = w.WriteField("payload_json", payload)
	}
	for i, f := range files {
		p, err := w.CreateFormFile(fmt.Sprintf("files[%d]", i), f.name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = p.Write(f.data)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

// asked is /make, given by ann in the channel; the interaction waits for its first answer.
func (f *fake) asked(t *testing.T) *discordsim.Interaction {
	t.Helper()
	return f.Interaction(f.invoke(t, "make"))
}

// callback answers an interaction.
func (f *fake) callback(t *testing.T, i *discordsim.Interaction, body string, files ...file) answer {
	t.Helper()
	return f.do(t, "POST", "/interactions/"+i.ID.String()+"/"+i.Token+"/callback?with_response=true", body, files...)
}

// webhook is the path of an interaction's messages.
func (f *fake) webhook(i *discordsim.Interaction, message string) string {
	return "/webhooks/" + f.App().ID.String() + "/" + i.Token + message
}

const original = "/messages/@original"

func (f *fake) messages() string { return "/channels/" + f.channel.ID.String() + "/messages" }

// said is a message of the bot in the channel.
func (f *fake) said(t *testing.T, content string) discordsim.ID {
	t.Helper()
	return f.do(t, "POST", f.messages(), `{"content":"`+content+`"}`).want(t, 200, 0).id(t)
}

// broke fails the test unless one rule was broken that has want in its description.
func (f *fake) broke(t *testing.T, want string) {
	t.Helper()
	if v := f.Violations(); len(v) != 1 || !strings.Contains(v[0], want) {
		t.Errorf("violations %q, want one about %q", v, want)
	}
}

// bare is no header at all, to be filled.
func bare() http.Header { return http.Header{} }

// unlimited are Discord's limits without any bucket.
func unlimited() *discordsim.Limits {
	l := discordsim.DefaultLimits()
	none := discordsim.Bucket{}
	l.Global, l.Token, l.Callback, l.Send, l.Edit, l.OldEdit, l.Delete, l.Other = none, none, none, none, none, none, none, none
	return &l
}
