package proof_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/proof"
)

func TestReadDiscord(t *testing.T) {
	t.Parallel()
	const at = `"at":"2026-01-02T12:00:00Z",`
	journal := strings.Join([]string{
		`{"event":"socket_opened",` + at + `"text":"a:1"}`,
		`{"event":"interaction_created",` + at + `"interaction":{"id":"5","kind":2,"user":"11","guild":"31","channel":"21","command":"generate",
			"data":{"name":"generate","options":[{"name":"prompt","type":3,"value":"a fish"},{"name":"private","type":5,"value":true}]},"acked":"0001-01-01T00:00:00Z"}}`,
		`{"event":"message_created",` + at + `"message":{"id":"6","channel":"21","author":"99","interaction":"5","asker":"11","for":"11","flags":128}}`,
		`{"event":"interaction_answered",` + at + `"interaction":{"id":"5","kind":2,"user":"11","channel":"21","answer":5,"acked":"2026-01-02T12:00:01Z"}}`,
		`{"event":"message_updated",` + at + `"message":{"id":"6","channel":"21","author":"99","content":"see","flags":64,
			"embeds":[{"title":"Done","description":"a fish","color":3066993,"footer":{"text":"job 7"},"fields":[{"name":"seed","value":"4"}]}],
			"components":[{"type":1,"components":[{"type":2,"custom_id":"d1:vary:x:","label":"Vary"}]}],
			"attachments":[{"id":"8","name":"p-1.png","size":3,"digest":"ab"},{"id":"9","name":"preview.png","size":3,"shown":true}]}}`,
		`{"event":"message_deleted","at":"2026-01-02T12:00:09Z","message":{"id":"6","channel":"21","author":"99"}}`,
		`{"event":"request",` + at + `"request":{"host":"a:1","route":"PATCH /x","path":"/x/1","status":429,"code":1,"took":0.5}}`,
		`{"event":"violation",` + at + `"text":"too long"}`,
		`{"event":"missed",` + at + `"text":"3"}`,
		`{"event":"mark",` + at + `"text":"here"}`,
		`{"event":"socket_closed","at":"2026-01-02T12:00:09Z","text":"a:1"}`,
	}, "\x00")
	journal = strings.ReplaceAll(strings.ReplaceAll(journal, "\n", " "), "\x00", "\n")
	got, err := proof.ReadDiscord(strings.NewReader(journal))
	if err != nil {
		t.Fatal(err)
	}
	want := proof.Discord{
		Interactions: []proof.Interaction{{
			ID: "5", Kind: 2, User: "11", Guild: "31", Channel: "21", Command: "generate", Created: noon,
			Options: map[string]any{"prompt": "a fish", "private": true}, Answer: 5, Acked: noon.Add(time.Second),
		}},
		Messages: []proof.Message{{
			ID: "6", Channel: "21", Author: "99", Interaction: "5", Asker: "11", For: "11", Deleted: noon.Add(9 * time.Second),
			Looks: []proof.Look{
				{At: noon, Thinking: true},
				{
					At: noon, Text: "see\nDone\na fish\njob 7\nseed\n4", Colours: []int{3066993}, Buttons: []string{"d1:vary:x:"},
					Files: []proof.Attachment{{Name: "p-1.png", Size: 3, Digest: "ab"}},
				},
			},
		}},
		Requests: []proof.Request{{At: noon, Took: 500 * time.Millisecond, Host: "a:1", Route: "PATCH /x", Path: "/x/1", Status: 429, Code: 1}},
		Sockets:  []proof.Socket{{Host: "a:1", Span: proof.Span{From: noon, To: noon.Add(9 * time.Second)}}},
		Broken:   []string{"too long"},
		Missed:   3,
		Ended:    time.Date(2026, 1, 2, 12, 0, 9, 0, time.UTC),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	if _, err := proof.ReadDiscord(strings.NewReader(journal + "\n{")); err == nil {
		t.Error("a broken line is no error")
	}
}

// Whatever the journal holds, it is read or refused, and judged.
func FuzzReadDiscord(f *testing.F) {
	f.Add([]byte(`{"event":"message_created","message":{"id":"1","author":"9","interaction":"2","components":[{"custom_id":"d1:vary:AAAAAAAAAAAAAAAAAAAAAA:"}]}}`))
	f.Add([]byte(`{"event":"interaction_created","interaction":{"id":"2","data":{"options":[{"name":"prompt","value":{}}]}}}`))
	f.Add([]byte(`{"event":"request"}`))
	f.Fuzz(func(t *testing.T, journal []byte) {
		d, err := proof.ReadDiscord(bytes.NewReader(journal))
		if err == nil {
			_ = proof.CheckDiscord(proof.Evidence{}, d).String()
		}
	})
}
