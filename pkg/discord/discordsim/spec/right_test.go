package spec_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"
)

func TestRightBodiesAreTaken(t *testing.T) {
	t.Parallel()
	card := `{"content":"","embeds":[{"title":"Queued","description":"3rd in line","color":5793266,"timestamp":"2026-11-23T06:00:00Z",
		"fields":[{"name":"Seed","value":"1","inline":true}],"footer":{"text":"job"}}],"components":[` + buttons(5) + `],
		"allowed_mentions":{"parse":[]}}`
	tests := []struct{ name, route, body string }{
		{"card by token", original, card},
		{"card by bot token", edit, card},
		{"new message that replies", create, `{"content":"<@1> done","allowed_mentions":{"parse":[],"users":["1"],"replied_user":false},
			"message_reference":{"message_id":"5","fail_if_not_exists":false},"nonce":"AZqgY5xkf0mX1sYv2Q3b4w","enforce_nonce":true}`},
		{"answer", callback, `{"type":4,"data":{"content":"hello","flags":64}}`},
		{"deferral", callback, `{"type":5}`},
		{"ephemeral deferral", callback, `{"type":5,"data":{"flags":64}}`},
		{"deferred update", callback, `{"type":6}`},
		{"update", callback, `{"type":7,"data":{"content":"x","components":[],"embeds":[]}}`},
		{"pong", callback, `{"type":1}`},
		{"no suggestion", callback, `{"type":8,"data":{"choices":[]}}`},
		{"suggestions", callback, `{"type":8,"data":{"choices":[{"name":"a","value":"a"},{"name":"b","value":"b"}]}}`},
		{"suggested numbers", callback, `{"type":8,"data":{"choices":[{"name":"a","value":4}]}}`},
		{"modal", callback, modal(`{"type":18,"label":"Prompt","description":"what to see","component":{"type":4,"style":2,"custom_id":"p","value":"x","required":true,"max_length":4000}},
			{"type":18,"label":"Mask","component":{"type":19,"custom_id":"f","min_values":0,"max_values":1,"required":false}}`)},
		{"modal of rows", callback, modal(`{"type":1,"components":[{"type":4,"style":1,"label":"a","custom_id":"c"}]}`)},
		{"follow-up", followup, `{"content":"x","flags":64}`},
		{"edit that keeps a file", original, `{"attachments":[{"id":"1234567890123456789"}],"embeds":[{"image":{"url":"attachment://a.png"}}]}`},
		{"edit that removes all", original, `{"content":"","attachments":[]}`},
		{"second form", create, `{"flags":32768,"components":[{"type":17,"components":[{"type":10,"content":"x"},{"type":9,"components":[{"type":10,"content":"y"}],"accessory":{"type":2,"style":2,"label":"z","custom_id":"z"}}]}]}`},
		{"into the second form", original, `{"flags":32768,"content":null,"embeds":[],"components":[{"type":10,"content":"x"}]}`},
		{"permissions as a string", bulk, `[{"name":"make","description":"d","default_member_permissions":"8192","nsfw":false,"contexts":[0,1,2],"integration_types":[0,1]}]`},
		{"zero values of a library", bulk, `[{"name":"make","description":"d","options":[{"type":4,"name":"n","description":"d","channel_types":null,"required":false,"options":null,"autocomplete":true,"choices":null}]}]`},
		{"message command", bulk, `[{"type":3,"name":"Upscale this","description":""}]`},
		{"localised command", guildCmd, `{"name":"make","description":"d","name_localizations":{"de":"mache","pt-BR":"faça"}}`},
		{"command in Japanese", guildCmd, `{"name":"生成","description":"d"}`},
		{"hundred of each that may be", bulk, `[` + many(100, `{"name":"c%d","description":"d"}`) + `,` + many(15, `{"type":3,"name":"C %d"}`) + `]`},
		{"no commands", bulk, `[]`},
		{"private channel", "POST /api/v10/users/@me/channels", `{"recipient_id":"123"}`},
		{"endpoint", "PATCH /api/v10/applications/@me", `{"interactions_endpoint_url":"https://e.org/i"}`},
		{"select", original, `{"components":[{"type":1,"components":[{"type":3,"custom_id":"s","placeholder":"Model","options":[{"label":"a","value":"a","default":true},{"label":"b","value":"b"}]}]}]}`},
		{"limits to the brim", original, `{"content":"` + long(2000) + `","embeds":[{"title":"` + long(256) + `","description":"` + long(4096) + `","footer":{"text":"` + long(1648) + `"}}]}`},
		{"nothing for a deletion", "DELETE /api/v9/webhooks/1/t/messages/@original", ``},
		{"nothing for a question", "GET /api/v9/gateway/bot", ``},
	}
	s := load(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := checkJSON(s, tt.route, tt.body); len(got) > 0 {
				t.Errorf("refused:\n%s", strings.Join(got, "\n"))
			}
		})
	}
}

// form makes a multipart body of a payload and named files.
func form(t testing.TB, payload string, files ...string) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if payload != "" {
		if err := w.WriteField("payload_json", payload); err != nil {
			t.Fatal(err)
		}
	}
	for i, name := range files {
		f, err := w.CreateFormFile(fmt.Sprintf("files[%d]", i), name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("bytes")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

func TestMultipart(t *testing.T) {
	t.Parallel()
	ten := strings.Fields("a b c d e f g h i j")
	tests := []struct {
		name, route, payload string
		files                []string
		want                 string // "": nothing is wrong
	}{
		{"preview", original, `{"embeds":[{"image":{"url":"attachment://p.png"}}],"attachments":[{"id":"0","filename":"p.png"}]}`, []string{"p.png"}, ""},
		{"numbered by an integer", original, `{"attachments":[{"id":0,"description":"a cat"}]}`, []string{"p.png"}, ""},
		{"answer with a file", callback, `{"type":4,"data":{"attachments":[{"id":0}]}}`, []string{"p.png"}, ""},
		{"files without a list", create, `{"content":"x"}`, []string{"p.png"}, ""},
		{"files alone", create, ``, []string{"p.png"}, ""},
		{"ten files", followup, `{}`, ten, ""},
		{"eleven files", followup, `{}`, append(ten, "k"), "at most 10"},
		{"file that is not listed", original, `{"attachments":[{"id":"0"}]}`, []string{"a.png", "b.png"}, "files[1] is not listed"},
		{"other name", original, `{"embeds":[{"image":{"url":"attachment://q.png"}}],"attachments":[{"id":"0"}]}`, []string{"p.png"}, "not attached"},
		{"renamed", original, `{"embeds":[{"image":{"url":"attachment://q.png"}}],"attachments":[{"id":"0","filename":"q.png"}]}`, []string{"p.png"}, ""},
		{"file of a deferral", callback, `{"type":5}`, []string{"p.png"}, "deferral"},
		{"wrong payload", original, `{"embeds":[{"title":"` + long(257) + `"}]}`, []string{"p.png"}, "title"},
	}
	s := load(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			contentType, body := form(t, tt.payload, tt.files...)
			method, path, _ := strings.Cut(tt.route, " ")
			got := strings.Join(s.Check(method, path, contentType, body), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestContentTypes(t *testing.T) {
	t.Parallel()
	s := load(t)
	for contentType, want := range map[string]bool{
		"application/json": true, "application/json; charset=utf-8": true, "text/plain": false, "": false,
		"application/x-www-form-urlencoded": false, "multipart/form-data": false,
	} {
		got := s.Check("POST", "/channels/1/messages", contentType, []byte(`{"content":"x"}`))
		if (len(got) == 0) != want {
			t.Errorf("%q: %v", contentType, got)
		}
	}
}
