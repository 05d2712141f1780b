package workflow

import "strconv"

// clip bounds what a message repeats of somebody's input.
func clip(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// quote is clip between quotation marks, with control characters escaped.
func quote(s string) string { return strconv.Quote(clip(s)) }
