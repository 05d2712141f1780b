package command

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Bounds of what `more` takes.
const (
	maxPairs   = 100
	separators = " \t\r\n,;"
)

// pairStart is a key with its "=", where a pair begins.
var pairStart = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_-]{0,63})[ \t]*=[ \t]*`)

// ParseMore reads key=value pairs that are separated by blanks, commas,
// semicolons or new lines. A value ends where the next pair begins; in
// quotation marks it may hold anything, a backslash before the mark or another
// backslash included. The error is a *job.Error that shows how it should look.
func ParseMore(s string) (map[string]string, error) {
	values := map[string]string{}
	rest := strings.TrimLeft(s, separators)
	for rest != "" {
		m := pairStart.FindStringSubmatch(rest)
		if m == nil {
			return nil, invalid(optionMore, "write key=value, such as sampler=euler; cannot read %s", quote(rest))
		}
		key := m[1]
		value, next, err := valueOf(key, rest[len(m[0]):])
		if err != nil {
			return nil, err
		}
		if _, twice := values[key]; twice {
			return nil, invalid(optionMore, "%s is given twice", quote(key))
		}
		rest = next
		if values[key] = value; len(values) > maxPairs {
			return nil, invalid(optionMore, "more than %d values", maxPairs)
		}
	}
	return values, nil
}

// valueOf takes one value off the front of s; rest begins with the next pair.
func valueOf(key, s string) (value, rest string, err error) {
	if end, ok := closing(s); ok {
		return quoted(key, s, end)
	}
	end := len(s)
	for at := range s {
		if strings.ContainsRune(separators, rune(s[at])) && pairStart.MatchString(s[at+1:]) {
			end = at
			break
		}
	}
	return strings.Trim(s[:end], separators), strings.TrimLeft(s[end:], separators), nil
}

// closing is the mark that ends a value which begins with a quotation mark.
// Phones write the curly ones.
func closing(s string) (string, bool) {
	for _, marks := range [][2]string{{`"`, `"`}, {"'", "'"}, {"“", "”"}, {"„", "“"}, {"«", "»"}} {
		if strings.HasPrefix(s, marks[0]) {
			return marks[1], true
		}
	}
	return "", false
}

// quoted reads a value in quotation marks.
func quoted(key, s, end string) (value, rest string, err error) {
	_, first := cutRune(s)
	var b strings.Builder
	for rest = first; rest != ""; {
		switch {
		case strings.HasPrefix(rest, `\\`), strings.HasPrefix(rest, `\`+end):
			_, rest = cutRune(rest)
		case strings.HasPrefix(rest, end):
			rest = rest[len(end):]
			if rest != "" && !strings.ContainsRune(separators, rune(rest[0])) {
				return "", "", invalid(optionMore, "%s: after the closing %s comes a comma or a blank, not %s", key, end, quote(rest))
			}
			return b.String(), strings.TrimLeft(rest, separators), nil
		}
		var r string
		r, rest = cutRune(rest)
		b.WriteString(r)
	}
	return "", "", invalid(optionMore, "%s: the closing %s is missing", key, end)
}

// cutRune takes the first character off s, valid or not.
func cutRune(s string) (first, rest string) {
	for i := range s {
		if i > 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// FormatMore is the inverse of ParseMore: a line for each pair.
func FormatMore(values map[string]string) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(values)) {
		b.WriteString(pair(key, values[key]) + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// plainValue needs no quotation marks.
var plainValue = regexp.MustCompile(`^[A-Za-z0-9_.+/-]([A-Za-z0-9_.+/ -]*[A-Za-z0-9_.+/-])?$`)

func pair(key, value string) string {
	if plainValue.MatchString(value) {
		return key + "=" + value
	}
	return key + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}
