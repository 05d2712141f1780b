package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// maxShown bounds, in bytes, what is shown of any one text that came from
// outside: prompts may be tens of thousands of characters long.
const maxShown = 2000

// Clean makes a text from outside (a prompt, a node title, an error message, a
// file name) safe to write to a terminal or a log: one line of valid UTF-8
// without escape sequences, control characters or the invisible characters
// that reorder or hide text. Runs of white space become one space, and the
// text is cut at 2000 bytes.
func Clean(s string) string {
	read := s[:min(len(s), 4*maxShown)] // a part of it may be invisible
	read = ansi.Strip(strings.ToValidUTF8(read, string(utf8.RuneError)))
	read = strings.ToValidUTF8(read, string(utf8.RuneError))
	read = strings.Join(strings.FieldsFunc(strings.Map(visible, read), unicode.IsSpace), " ")
	if len(read) <= maxShown && len(s) <= 4*maxShown {
		return read
	}
	return strings.ToValidUTF8(read[:min(len(read), maxShown-len("…"))], "") + "…"
}

// visible maps white space to a space and drops what has no shape of its own.
func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp):
		return -1
	}
	return r
}
