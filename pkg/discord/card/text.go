package card

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/charmbracelet/x/ansi"
)

// mostRunes bounds one user-perceived character: the longest emoji have ten
// code points, a heap of accents may have thousands.
const mostRunes = 12

// mostRead bounds how many bytes of a text are looked at for one unit that is
// shown: of characters that are dropped there may be any amount.
const mostRead = 64

// units counts a text as UTF-16 does: never fewer than Discord counts.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// plain makes a text from outside fit where Discord knows no markdown (labels,
// options, footers): one line of no more units than most, without characters that
// reorder or hide text, cut between user-perceived characters.
func plain(s string, most int) string { return join(s, most, false) }

// shown does as plain for where Discord knows markdown: a backslash takes the
// meaning from whatever would format, link or mention.
func shown(s string, most int) string { return join(s, most, true) }

func join(s string, most int, escape bool) string {
	var b strings.Builder
	used, fits, space := 0, 0, false
	for read := 0; read < len(s); {
		c, _ := ansi.FirstGraphemeCluster(s[read:], ansi.GraphemeWidth)
		if read += max(len(c), 1); read > mostRead*most {
			return b.String()[:fits] + "…"
		}
		switch c = visible(c); {
		case c == "":
			continue
		case c == " ":
			space = b.Len() > 0
			continue
		case escape:
			c = escaped(c, b.String())
		}
		if space {
			c = " " + c
		}
		if used += units(c); used > most {
			return b.String()[:fits] + "…"
		}
		b.WriteString(c)
		if used < most {
			fits = b.Len()
		}
		space = false
	}
	return b.String()
}

// visible leaves of one character what has a shape; "" where nothing has.
func visible(c string) string {
	var b strings.Builder
	based, n := false, 0
	for _, r := range c {
		if blank(r) {
			return " "
		}
		joins := r == '\u200c' || r == '\u200d'
		if n == mostRunes || (!joins && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs)) {
			continue
		}
		based = based || !joins && !unicode.In(r, unicode.Mn, unicode.Me)
		b.WriteRune(r)
		n++
	}
	if !based {
		return ""
	}
	return b.String()
}

// blank reports whether a rune is white space, or a letter that looks so.
func blank(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u2800', '\u3164', '\uffa0':
		return true
	}
	return unicode.IsSpace(r)
}

// escaped takes the meaning from a character, before being what stands before
// it in the text. Of list marks only those at the start of a line have one.
func escaped(c, before string) string {
	switch {
	case strings.ContainsAny(c[:1], "\\`*_~|<>[]()@:#"),
		before == "" && strings.ContainsAny(c[:1], "-+"),
		c[0] == '.' && before != "" && strings.Trim(before, "0123456789") == "":
		return `\` + c
	}
	return c
}

// digits reports whether a text is a number without a sign, of at most 20
// digits: an id of Discord's, or a seed.
func digits(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, "0123456789") == ""
}

// number reads a finite number, or gives what stands in for it.
func number(s string, otherwise float64) float64 {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return otherwise
	}
	return n
}
