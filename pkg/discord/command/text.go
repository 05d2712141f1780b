package command

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"discomfy/pkg/job"
)

// invalid is a coded error about what the person asked for.
func invalid(input, format string, args ...any) *job.Error {
	return &job.Error{Code: job.CodeInvalid, Input: input, Message: fmt.Sprintf(format, args...)}
}

// quote shows what somebody typed in a message.
func quote(s string) string { return strconv.Quote(clip(s, 80)) }

// clip cuts s to at most n characters as Discord counts them: UTF-16 units.
func clip(s string, n int) string {
	if units(s) <= n {
		return s
	}
	used, end := 1, 0 // one for the ellipsis
	for i, r := range s {
		if used += max(1, utf16.RuneLen(r)); used > n {
			break
		}
		end = i + len(string(r))
	}
	return s[:end] + "…"
}

// units is the length of s as Discord counts it.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// tail is s with its middle left out where it exceeds n characters: what tells
// file names apart is mostly at the end.
func tail(s string, n int) string {
	if units(s) <= n {
		return s
	}
	r := []rune(s)
	head, rest := string(r[:min(len(r), n/4)]), r[min(len(r), n/4):]
	for units(head)+1+units(string(rest)) > n {
		rest = rest[1:]
	}
	return head + "…" + string(rest)
}

// list is names as a sentence has them: at most so many of them.
func list(names []string, most int) string {
	switch more := len(names) - most; {
	case len(names) == 0:
		return "nothing"
	case more > 0:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	case len(names) == 1:
		return names[0]
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
