package card_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/discord/api"
)

// With -update, what the package makes is written to testdata; read
// testdata/cards.html before it is committed.
var update = flag.Bool("update", false, "write testdata")

func TestMessagesAreThoseInTestdata(t *testing.T) {
	all := messages(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		golden(t, name+".json", pretty(t, all[name]))
	}
	golden(t, "cards.html", contactSheet(all))
	if *update {
		return
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if _, ok := all[strings.TrimSuffix(filepath.Base(f), ".json")]; !ok {
			t.Errorf("%s belongs to no message", f)
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Errorf("%v; go test -run TestMessagesAreThoseInTestdata -update writes it", err)
		return
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// payload is a message as a first answer carries it.
func payload(m api.Message) map[string]any {
	p := map[string]any{"allowed_mentions": map[string]any{"parse": []string{}}}
	if len(m.Mention) > 0 {
		p["allowed_mentions"] = map[string]any{"parse": []string{}, "users": m.Mention}
	}
	if m.Content != "" {
		p["content"] = m.Content
	}
	if len(m.Embeds) > 0 {
		p["embeds"] = m.Embeds
	}
	if len(m.Components) > 0 {
		p["components"] = m.Components
	}
	if m.Ephemeral {
		p["flags"] = 1 << 6
	}
	return p
}

func pretty(t testing.TB, m api.Message) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(payload(m)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
