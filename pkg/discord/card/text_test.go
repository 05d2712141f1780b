package card_test

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"pgregory.net/rapid"

	"discomfy/pkg/discord/card"
)

func TestTextsFromOutsideAreShownAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, plain, shown string }{
		{"nothing", "", "", ""},
		{"white space", " a\r\n\tb\u2028c ", "a b c", "a b c"},
		{"a mention", "hi <@1> @everyone", "hi <@1> @everyone", `hi \<\@1\> \@everyone`},
		{"a link", "[a](https://b.c)", "[a](https://b.c)", `\[a\]\(https\://b.c\)`},
		{"a heading", "# a", "# a", `\# a`},
		{"small print", "-# a", "-# a", `\-\# a`},
		{"a list", "- a - b", "- a - b", `\- a - b`},
		{"a numbered list", "12. a 1. b", "12. a 1. b", `12\. a 1. b`},
		{"a number", "1.5 masterpiece", "1.5 masterpiece", `1\.5 masterpiece`},
		{"weights", "(fox:1.2), snake_case", "(fox:1.2), snake_case", `\(fox\:1.2\), snake\_case`},
		{"a backslash", `a\*b`, `a\*b`, `a\\\*b`},
		{"text that is turned round", "a\u202eb\u2066c", "abc", "abc"},
		{"nothing to be seen", "\u200b\ufeff\u3164\u200d\u0301", "", ""},
		{"a family", "👨‍👩‍👧‍👦!", "👨‍👩‍👧‍👦!", "👨‍👩‍👧‍👦!"},
		{"broken UTF-8", "a\xffb", "a\ufffdb", "a\ufffdb"},
		{"a control", "a\x1b[31mb\x00", "a[31mb", `a\[31mb`},
	} {
		if got := card.Plain(c.in, 100); got != c.plain {
			t.Errorf("%s: plain %q, want %q", c.name, got, c.plain)
		}
		if got := card.Shown(c.in, 100); got != c.shown {
			t.Errorf("%s: shown %q, want %q", c.name, got, c.shown)
		}
	}
}

func TestTextsAreCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	family := "👨‍👩‍👧‍👦" // 11 units
	for _, c := range []struct {
		in   string
		most int
		want string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"a b", 2, "a…"},
		{family + family, 22, family + family},
		{family + family, 21, family + "…"},
		{family, 10, "…"},
		{"e\u0301e\u0301e\u0301", 5, "e\u0301e\u0301…"},
		{"🇩🇪🇫🇷", 7, "🇩🇪…"},
		{"abc" + strings.Repeat("\u200b", 1000), 3, "ab…"}, // too much to look at
	} {
		if got := card.Plain(c.in, c.most); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.in, c.most, got, c.want)
		}
	}
	if got := card.Shown("a**b", 5); got != `a\*…` {
		t.Errorf("an escape was cut: %q", got)
	}
	if got := card.Plain("Z"+strings.Repeat("\u0335", 500)+"a", 100); len([]rune(got)) > 14 {
		t.Errorf("a heap of accents stays: %q", got)
	}
}

func TestTextsNeverExceedTheirBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s, most := text().Draw(r, "text"), rapid.IntRange(1, 300).Draw(r, "most")
		whole, cut := card.Plain(s, 1<<20), card.Plain(s, most)
		if n := len(utf16.Encode([]rune(cut))); n > most {
			r.Errorf("%d units, at most %d: %q", n, most, cut)
		}
		if n := len(utf16.Encode([]rune(card.Shown(s, most)))); n > most {
			r.Errorf("shown has %d units, at most %d", n, most)
		}
		if kept := strings.TrimSuffix(cut, "…"); !strings.HasPrefix(whole, kept) {
			r.Errorf("%q is no beginning of %q", kept, whole)
		}
	})
}

func TestBarIsFullAtTheEndOnlyAndNeverShrinks(t *testing.T) {
	t.Parallel()
	filled := 0
	for p := 0.0; p <= 100; p += 0.1 {
		n := strings.Count(card.Bar(p), "▰")
		if n < filled || (n == 12) != (p >= 100) || n+strings.Count(card.Bar(p), "▱") != 12 {
			t.Fatalf("at %f: %s after %d", p, card.Bar(p), filled)
		}
		filled = n
	}
	for p, want := range map[float64]string{
		100: "▰▰▰▰▰▰▰▰▰▰▰▰ 100 %", 250: "▰▰▰▰▰▰▰▰▰▰▰▰ 100 %", math.NaN(): "▱▱▱▱▱▱▱▱▱▱▱▱ 0 %",
		-3: "▱▱▱▱▱▱▱▱▱▱▱▱ 0 %", 99.99: "▰▰▰▰▰▰▰▰▰▰▰▱ 99 %", math.Inf(-1): "▱▱▱▱▱▱▱▱▱▱▱▱ 0 %",
	} {
		if got := card.Bar(p); got != want {
			t.Errorf("%f: %q, want %q", p, got, want)
		}
	}
}

func TestDurationsAndOrdinalsInWords(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "under 0.1 s", 9940 * time.Millisecond: "9.9 s", 59900 * time.Millisecond: "59 s", 200 * time.Second: "3 min 20 s", 125 * time.Minute: "2 h 05 min",
	} {
		if got := card.Lasted(d); got != want {
			t.Errorf("%s lasted %q, want %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		120 * time.Hour: "5 days", 2 * time.Hour: "2 h", 10 * time.Minute: "10 min", 90 * time.Second: "1 min 30 s", 5 * time.Second: "5.0 s",
	} {
		if got := card.Span(d); got != want {
			t.Errorf("%s spans %q, want %q", d, got, want)
		}
	}
	for n, want := range map[int]string{1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 21: "21st", 102: "102nd", 111: "111th"} {
		if got := card.Ord(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
