package discordsim_test

import (
	"bytes"
	"net/http/httptest"
	"testing"
	"time"

	"discomfy/pkg/discord/discordsim"
)

// Whatever is sent to whichever route, the fake answers, and what it then says about its messages is JSON.
func FuzzREST(f *testing.F) {
	f.Add(uint8(0), "application/json", []byte(`{"type":4,"data":{"content":"x","components":[{"type":1,"components":[{"type":2,"style":1,"label":"a","custom_id":"b"}]}]}}`))
	f.Add(uint8(1), "application/json", []byte(`{"attachments":[{"id":"1"}],"embeds":[{"title":"t","image":{"url":"attachment://p.png"}}]}`))
	f.Add(uint8(2), "application/json", []byte(`{"content":"<@1>","flags":32768,"components":[{"type":12,"items":[{"media":{"url":"attachment://p.png"}}]}]}`))
	f.Add(uint8(3), "multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"files[0]\"; filename=\"p.png\"\r\n\r\nb\r\n--x--"))
	f.Add(uint8(4), "application/json", []byte(`[{"name":"a","description":"d"}]`))
	f.Add(uint8(5), "application/json", []byte(`{"description":"d"}`))
	f.Add(uint8(6), "application/json", []byte(`{"recipient_id":"1"}`))
	f.Fuzz(func(t *testing.T, route uint8, contentType string, body []byte) {
		s, err := discordsim.New(discordsim.Config{Limits: unlimited(), Now: func() time.Time { return epoch }})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		ann := s.AddUser(discordsim.NewUser{Name: "ann"})
		g := s.AddGuild(discordsim.NewGuild{Name: "g", Owner: ann.ID})
		c := s.AddChannel(discordsim.NewChannel{Guild: g.ID, Name: "c"})
		command := s.Register(0, discordsim.Object{"name": "make", "description": "d"})
		id, err := s.Invoke(t.Context(), discordsim.Invocation{User: ann.ID, Channel: c.ID, Command: "make"})
		if err != nil {
			t.Fatal(err)
		}
		web := s.Handler()
		ask := func(method, path, contentType string, body []byte) int {
			r := httptest.NewRequestWithContext(t.Context(), method, "/api/v10"+path, bytes.NewReader(body))
			r.Header.Set("Authorization", "Bot "+s.Token())
			r.Header.Set("Content-Type", contentType)
			r.Header.Set("User-Agent", "DiscordBot (https://example.org, 1)")
			w := httptest.NewRecorder()
			web.ServeHTTP(w, r)
			return w.Code
		}
		i := s.Interaction(id)
		callback := "/interactions/" + id.String() + "/" + i.Token + "/callback"
		if route%7 != 0 {
			ask("POST", callback, "application/json", []byte(`{"type":4,"data":{"content":"x"}}`))
		}
		m := s.Interaction(id).Original.String()
		app := "/applications/" + s.App().ID.String()
		routes := [][2]string{
			{"POST", callback}, {"PATCH", "/webhooks/" + s.App().ID.String() + "/" + i.Token + "/messages/@original"},
			{"POST", "/webhooks/" + s.App().ID.String() + "/" + i.Token}, {"PATCH", "/channels/" + c.ID.String() + "/messages/" + m},
			{"PUT", app + "/commands"}, {"PATCH", app + "/commands/" + command.String()}, {"POST", "/users/@me/channels"},
		}
		r := routes[int(route)%len(routes)]
		if status := ask(r[0], r[1], contentType, body); status < 200 || status >= 500 {
			t.Errorf("%s %s answers %d", r[0], r[1], status)
		}
		for _, path := range []string{"/channels/" + c.ID.String() + "/messages", app + "/commands"} {
			if status := ask("GET", path, "", nil); status != 200 {
				t.Errorf("%s answers %d", path, status)
			}
		}
		if st := s.Stats(); st.ByStatus[400] > 0 && st.Violations == 0 && route%7 != 6 {
			t.Errorf("refused without a word: %q", body)
		}
	})
}
