package discordsim_test

import (
	"bytes"
	"net/http/httptest"
	"testing"

	"discomfy/pkg/discord/discordsim"
)

// BenchmarkEdit is what an edit of a card with a preview costs the fake, without the network.
func BenchmarkEdit(b *testing.B) {
	s, err := discordsim.New(discordsim.Config{Limits: unlimited()})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	ann := s.AddUser(discordsim.NewUser{Name: "ann"})
	g := s.AddGuild(discordsim.NewGuild{Name: "g", Owner: ann.ID})
	c := s.AddChannel(discordsim.NewChannel{Guild: g.ID, Name: "c"})
	s.Register(0, discordsim.Object{"name": "make", "description": "d"})
	id, err := s.Invoke(b.Context(), discordsim.Invocation{User: ann.ID, Channel: c.ID, Command: "make"})
	if err != nil {
		b.Fatal(err)
	}
	i, web := s.Interaction(id), s.Handler()
	ask := func(method, path, contentType string, body []byte) {
		r := httptest.NewRequestWithContext(b.Context(), method, "/api/v9"+path, bytes.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("User-Agent", "DiscordBot (https://example.org, 1)")
		w := httptest.NewRecorder()
		web.ServeHTTP(w, r)
		if w.Code >= 300 {
			b.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	ask("POST", "/interactions/"+id.String()+"/"+i.Token+"/callback", "application/json", []byte(`{"type":5}`))
	contentType, body := multipartOf(b, `{"embeds":[{"title":"Running","fields":[{"name":"Seed","value":"1"},{"name":"Steps","value":"20"}],
		"image":{"url":"attachment://p.png"}}],"attachments":[{"id":"0"}],"components":[{"type":1,"components":[
		{"type":2,"style":4,"label":"Cancel","custom_id":"a"},{"type":2,"style":2,"label":"Refresh","custom_id":"b"}]}]}`,
		[]file{{"p.png", append(picture(b, 320, 320), make([]byte, 20_000)...)}})
	b.ReportAllocs()
	for b.Loop() {
		ask("PATCH", "/webhooks/"+s.App().ID.String()+"/"+i.Token+"/messages/@original", contentType, body)
	}
	if n := len(s.Violations()); n > 0 {
		b.Fatal(s.Violations())
	}
}
