package operator_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// page is where an operator reads.
var page = filepath.FromSlash("../../../../docs/nats.md")

var (
	questionText = regexp.MustCompile("(?s)\n## (\\d+)\\. ([^\n]+)\n(.*?)```console\n\\$ ([^\n]+)\n(.*?)```\n")
	blocks       = regexp.MustCompile("```")
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
	{regexp.MustCompile(`"(epoch|at|seq|size)":\s*\d+`), `"$1": N`},
	{regexp.MustCompile(`[╭╮╰╯├┤┬┴┼│─╌]+`), " "},
	{regexp.MustCompile(`[ \t]+`), " "},
	{regexp.MustCompile(` *\n\s*`), "\n"},
}

// lasting is what of an answer stays the same in every run.
func lasting(answer string) string {
	for _, p := range passing {
		answer = p.what.ReplaceAllString(answer, p.as)
	}
	return strings.TrimSpace(answer)
}

func TestPageReadsAsQuestions(t *testing.T) {
	t.Parallel()
	text, found := readPage(t)
	if len(found) != 10 {
		t.Errorf("the page has %d questions with a command, want ten", len(found))
	}
	if fences := len(blocks.FindAllString(text, -1)); fences != 2*len(found) {
		t.Errorf("the page has %d blocks and %d questions: a command is not tried", fences/2, len(found))
	}
}

func TestLastingPartsOfAnswers(t *testing.T) {
	t.Parallel()
	same := [][2]string{
		{"Created: 2026-11-23 03:20:26", "Created: 2025-01-02 23:59:59"},
		{"│ JOBS │ 1.2 KiB │ 35.2s │\n╰───╯", "│ JOBS   │ 12 B │ 1m2s │\n╰────────╯"},
	}
	for _, s := range same {
		if a, b := lasting(s[0]), lasting(s[1]); a != b {
			t.Errorf("%q and %q tell the same, and are compared as %q and %q", s[0], s[1], a, b)
		}
	}
	if lasting("2 messages") == lasting("3 messages") {
		t.Error("a number that matters is not compared")
	}
}
