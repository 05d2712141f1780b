package card_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/discordsim/spec"
)

// broken says what is wrong with a message, whatever it tells.
func broken(t testing.TB, m api.Message) []string {
	t.Helper()
	var complaints []string
	complaints = append(complaints, brokenShape(m)...)
	complaints = append(complaints, brokenTexts(m)...)
	return append(complaints, brokenSpec(t, m)...)
}

// brokenSpec asks Discord's own file, for each way a message may go.
func brokenSpec(t testing.TB, m api.Message) []string {
	t.Helper()
	rules, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := payload(m)
	edit := payload(m)
	delete(edit, "flags")
	var complaints []string
	for _, way := range []struct {
		method, path string
		body         map[string]any
	}{
		{"POST", "/api/v9/interactions/1/abc/callback", map[string]any{"type": 4, "data": p}},
		{"PATCH", "/api/v9/webhooks/1/abc/messages/@original", edit},
		{"PATCH", "/api/v9/channels/1/messages/2", edit},
		{"POST", "/api/v9/channels/1/messages", edit},
	} {
		kind, body := encoded(t, way.body, m)
		for _, c := range rules.Check(way.method, way.path, kind, body) {
			complaints = append(complaints, way.method+" "+way.path+": "+c)
		}
	}
	return complaints
}

// encoded is a body, with the preview as a file where the embed shows one.
func encoded(t testing.TB, body map[string]any, m api.Message) (kind string, data []byte) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	name := previewOf(m)
	if name == "" {
		return "application/json", data
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	err = w.WriteField("payload_json", string(data))
	file, fileErr := w.CreateFormFile("files[0]", name)
	if fileErr == nil {
		_, fileErr = file.Write([]byte("picture"))
	}
	if err = errors.Join(err, fileErr, w.Close()); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

func previewOf(m api.Message) string {
	for _, e := range m.Embeds {
		if e.Image != nil {
			return strings.TrimPrefix(e.Image.URL, "attachment://")
		}
	}
	return ""
}

// brokenShape looks at what is below a message.
func brokenShape(m api.Message) []string {
	var complaints []string
	complain := func(format string, args ...any) { complaints = append(complaints, fmt.Sprintf(format, args...)) }
	if len(m.Components) > 5 {
		complain("%d rows", len(m.Components))
	}
	seen := map[string]bool{}
	for _, row := range m.Components {
		inside := row.(discordgo.ActionsRow).Components
		if len(inside) == 0 || len(inside) > 5 {
			complain("%d components in a row", len(inside))
		}
		for _, c := range inside {
			id := ""
			switch c := c.(type) {
			case discordgo.Button:
				id = c.CustomID
			case discordgo.SelectMenu:
				id = c.CustomID
				if len(c.Options) > 25 || len(inside) > 1 {
					complain("a select with %d options beside %d others", len(c.Options), len(inside)-1)
				}
			}
			if seen[id] || len(id) > card.MaxID {
				complain("custom id %q twice, or too long", id)
			}
			seen[id] = true
			if _, err := card.ParseID(id); err != nil {
				complain("%v", err)
			}
		}
	}
	return complaints
}

// brokenTexts looks at lengths, and at what the texts could do.
func brokenTexts(m api.Message) []string {
	var complaints []string
	judge := func(name, text string, most int, markdown bool) int {
		n := len(utf16.Encode([]rune(text)))
		if n > most {
			complaints = append(complaints, fmt.Sprintf("%s has %d units", name, n))
		}
		if !utf8.ValidString(text) || strings.ContainsFunc(text, hidden) {
			complaints = append(complaints, fmt.Sprintf("%s hides something: %q", name, text))
		}
		if markdown {
			for _, live := range alive(text) {
				complaints = append(complaints, fmt.Sprintf("%s is alive: %q in %q", name, live, text))
			}
		}
		return n
	}
	judge("content", m.Content, 2000, true)
	sum := 0
	for _, e := range m.Embeds {
		sum += judge("title", e.Title, 256, true) + judge("description", e.Description, 4096, true)
		if e.Footer != nil {
			sum += judge("footer", e.Footer.Text, 2048, false)
		}
		if len(e.Fields) > 25 {
			complaints = append(complaints, "too many fields")
		}
	}
	if sum > 6000 {
		complaints = append(complaints, fmt.Sprintf("%d units in all", sum))
	}
	return complaints
}

// hidden are characters that nobody sees, or that turn others around.
func hidden(r rune) bool {
	return r != '\n' && r != '\u200c' && r != '\u200d' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp)
}

var (
	escapes = regexp.MustCompile(`\\[!-/:-@\[-` + "`" + `{-~]`)
	// own is the markup that the package itself makes. Users of the tests have
	// ids of at least ten digits; hostile texts mention shorter ones.
	own = regexp.MustCompile(`<t:\d+:[RDfT]>|<@\d{10,20}>|</[a-z0-9_-]+:\d+>|` + "`[0-9a-f-]{1,36}`" + `|\]\(https?://[^\s()<>\[\]*|` + "`" + `]+\)|\*\*|\[`)
	// live is what Discord would make something of.
	live = regexp.MustCompile("[*_~|`<>\\]@]|://|:\\w+:|\\bhttps?:/")
	// blocks are what the start of a line may mean.
	blocks = regexp.MustCompile(`^(#{1,3} |-# |[-*+] |\d+\. |>>> |> .*> )`)
)

// alive finds markup in a text that the package did not make.
func alive(text string) []string {
	var found []string
	for line := range strings.Lines(text) {
		line = strings.TrimPrefix(line, "> ")
		found = append(found, blocks.FindAllString(line, -1)...)
		bare := own.ReplaceAllString(escapes.ReplaceAllString(line, "."), "·")
		found = append(found, live.FindAllString(bare, -1)...)
		if strings.Count(escapes.ReplaceAllString(line, "."), "**")%2 != 0 {
			found = append(found, "an odd number of **")
		}
	}
	return slices.Compact(found)
}
