package operator_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// page is where an operator reads.
var page = filepath.FromSlash("../../../../docs/nats.md")

var (
	questionText = regexp.MustCompile("(?s)\n## (\\d+)\\. ([^\n]+)\n(.*?)```console\n\\$ ([^\n]+)\n(.*?)```\n")
	consoles     = regexp.MustCompile("```console")
)

// question is one of the page: what is asked, the command that answers it, and
// the answer as the page shows it.
type question struct{ number, title, command, answer string }

func readPage(t *testing.T) (string, []question) {
	t.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return string(data), questions(string(data))
}

func questions(text string) []question {
	var found []question
	for _, m := range questionText.FindAllStringSubmatch(text, -1) {
		found = append(found, question{number: m[1], title: m[2], command: m[4], answer: m[5]})
	}
	return found
}

// answered gives the page's text with another answer to q.
func answered(text string, q question, answer string) string {
	asked := "$ " + q.command + "\n"
	return strings.Replace(text, asked+q.answer+"```", asked+answer+"```", 1)
}

// What differs between two runs of the same command, and says nothing.
var passing = []struct {
	what *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`\x1b\[[0-9;]*m`), ""},
	{regexp.MustCompile(`\b[0-9A-Za-z]{22}\b`), "NUID"},
	{regexp.MustCompile(`\b[0-9A-Z]{56}\b`), "KEY"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| ?[+-]\d\d:?\d\d)?( [A-Z]{3,4})?`), "TIME"},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d(\.\d+)?`), "TIME"},
	{regexp.MustCompile(`\b(\d+(\.\d+)?(d|h|m|s|ms|µs|us|ns))+\b`), "DURATION"},
	{regexp.MustCompile(`\b\d+(\.\d+)? ?([KMG]i?)?B\b`), "SIZE"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "ADDRESS"},
	{regexp.MustCompile(`"(epoch|size|percent|step|seconds|frames)":\s*[0-9.]+`), `"$1":N`},
	{regexp.MustCompile(`,"(seconds":N|eta":"TIME")`), ""}, // nothing is estimated at first
	{regexp.MustCompile(`"(client_id|nonce)":\s*"[^"]*"`), `"$1":"UUID"`},
	{regexp.MustCompile(`\b[0-9a-f]{64}\b`), "DIGEST"},
	{regexp.MustCompile(`#\d+ received|Sequence: \d+`), "SEQUENCE"},
	{regexp.MustCompile(`[╭╮╰╯├┤┬┴┼│─╌]+`), " "},
	{regexp.MustCompile(`[ \t]+`), " "},
	{regexp.MustCompile(`\d+ SIZE`), "N SIZE"},
	{regexp.MustCompile(` *\n\s*`), "\n"},
}

// lasting is what of an answer stays the same in every run. The CLI sorts the
// rows of some tables by what changes, and headers not at all.
func lasting(answer string) string {
	unordered := strings.Contains(answer, "│") || strings.Contains(answer, "Headers:")
	for _, p := range passing {
		answer = p.what.ReplaceAllString(answer, p.as)
	}
	lines := strings.Split(strings.TrimSpace(answer), "\n")
	if unordered {
		slices.Sort(lines)
	}
	return strings.Join(lines, "\n")
}

func TestPageReadsAsQuestions(t *testing.T) {
	t.Parallel()
	text, found := readPage(t)
	if len(found) != 10 {
		t.Errorf("the page has %d questions with a command, want ten", len(found))
	}
	if blocks := len(consoles.FindAllString(text, -1)); blocks != len(found) {
		t.Errorf("the page has %d commands with answers and %d questions: some are not tried", blocks, len(found))
	}
}

func TestLastingPartsOfAnswers(t *testing.T) {
	t.Parallel()
	same := [][2]string{
		{"Created: 2026-11-23 03:20:26", "Created: 2025-01-02 23:59:59"},
		{"│ JOBS │ 3 │ 1.2 KiB │ 35.2s │\n╰───╯", "│ JOBS   │ 7 │ 12 B │ 1m2s │\n╰────────╯"},
		{"│ A │ 0 B │\n│ B │ 1 B │", "│ B │ 0 B │\n│ A │ 1 B │"},
		{`{"epoch":2,"percent":15.8974358}`, `{"epoch": 17,"percent": 16,"eta":"2026-11-23T03:20:26.123Z"}`},
	}
	for _, s := range same {
		if a, b := lasting(s[0]), lasting(s[1]); a != b {
			t.Errorf("%q and %q tell the same, and are compared as %q and %q", s[0], s[1], a, b)
		}
	}
	different := [][2]string{
		{"2 messages", "3 messages"},
		{`{"phase":"done"}`, `{"phase":"failed"}`},
		{"first\nsecond", "second\nfirst"},
		{`{"job":"0199e3a0-7c1e-7b6a-9d42-5f0c8e1b2a01"}`, `{"job":"0199e3a0-7c1e-7b6a-9d42-5f0c8e1b2a02"}`},
	}
	for _, d := range different {
		if lasting(d[0]) == lasting(d[1]) {
			t.Errorf("%q and %q count as the same", d[0], d[1])
		}
	}
}
