package spec_test

import (
	"strings"
	"testing"
)

// card is a running card as an ingress edits it: an embed with fields, a preview, five buttons.
func card() string {
	return `{"content":"","embeds":[{"title":"Running","description":"` + long(200) + `","color":5793266,"fields":[` +
		many(8, `{"name":"field %d","value":"value","inline":true}`) + `],"image":{"url":"attachment://p.png"}}],"components":[` +
		buttons(5) + `],"attachments":[{"id":"0","filename":"p.png"}],"allowed_mentions":{"parse":[]}}`
}

func BenchmarkCheckEdit(b *testing.B) {
	s := load(b)
	contentType, body := form(b, card(), "p.png")
	b.ReportAllocs()
	for b.Loop() {
		if got := s.Check("PATCH", "/api/v9/webhooks/1/t/messages/@original", contentType, body); len(got) > 0 {
			b.Fatal(got)
		}
	}
}

func BenchmarkCheckCommands(b *testing.B) {
	s := load(b)
	body := `[` + many(12, strings.ReplaceAll(command(many(20, `{"type":3,"name":"o%d","description":"d"}`)), "generate", "c%d")) + `]`
	b.ReportAllocs()
	for b.Loop() {
		if got := checkJSON(s, bulk, body); len(got) > 0 {
			b.Fatal(got)
		}
	}
}
