package spec_test

import (
	"testing"

	"discomfy/pkg/discord/discordsim/spec"
)

// Whatever is sent, it is judged without a panic, and twice the same way.
func FuzzCheck(f *testing.F) {
	contentType, body := form(f, `{"embeds":[{"image":{"url":"attachment://p.png"}}],"attachments":[{"id":0}]}`, "p.png")
	f.Add(uint8(0), contentType, body)
	f.Add(uint8(1), "application/json", []byte(`{"type":4,"data":{"content":"x"}}`))
	f.Add(uint8(2), "application/json", []byte(`[{"name":"a","description":"d","options":[{"type":1,"name":"b","description":"d","options":[]}]}]`))
	f.Add(uint8(3), "application/json", []byte(`{"components":[{"type":17,"components":[{"type":9,"accessory":{"type":2}}]}],"flags":32768}`))
	f.Add(uint8(1), "application/json", []byte(modal(`{"type":18,"label":"a","component":{"type":19,"custom_id":"f"}}`)))
	f.Add(uint8(4), "multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"files[0]\"; filename=\"a\"\r\n\r\nb\r\n--x--"))
	s := load(f)
	routes := [][2]string{
		{"PATCH", "/api/v9/webhooks/1/t/messages/@original"}, {"POST", "/interactions/1/t/callback"},
		{"PUT", "/applications/1/commands"}, {"POST", "/channels/1/messages"}, {"POST", "/webhooks/1/t"},
	}
	f.Fuzz(func(t *testing.T, route uint8, contentType string, body []byte) {
		r := routes[int(route)%len(routes)]
		first := s.Check(r[0], r[1], contentType, body)
		if again := s.Check(r[0], r[1], contentType, body); (len(first) == 0) != (len(again) == 0) {
			t.Errorf("%q, then %q", first, again)
		}
		if parsed, err := spec.Parse(contentType, body); err == nil && len(first) == 0 && len(parsed.Files) > 10 {
			t.Errorf("%d files taken", len(parsed.Files))
		}
	})
}
