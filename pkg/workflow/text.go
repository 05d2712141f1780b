package workflow

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"discomfy/pkg/job"
)

// The longest text that a parameter takes when the manifest does not say, and
// the most that it may say, in characters: a request has a bound in bytes.
const (
	defaultLine = 200
	defaultText = 4000
	mostText    = 100_000
)

// newlines makes one newline of every way to end a line.
func newlines(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// text checks a text: its encoding, its characters, its length.
func (p Parameter) text(s string) (Value, *job.Error) {
	if !utf8.ValidString(s) {
		return Value{}, invalid(p.Name, "is not valid UTF-8 text")
	}
	if n := utf8.RuneCountInString(s); n > p.MaxLength {
		return Value{}, invalid(p.Name, "has %d characters: at most %d are allowed", n, p.MaxLength)
	}
	for _, r := range s {
		switch {
		case r == '\t' || r == '\n' && p.Type == TypeText || !unicode.IsControl(r):
		case r == '\n':
			return Value{}, invalid(p.Name, "takes one line")
		default:
			return Value{}, invalid(p.Name, "holds the control character %U, which is not allowed", r)
		}
	}
	if p.Required && strings.TrimSpace(s) == "" {
		return Value{}, invalid(p.Name, "must not be empty")
	}
	return NewValue(s), nil
}
