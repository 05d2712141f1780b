package terminal_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"discomfy/pkg/terminal"
)

func TestCleanLeavesNothingThatATerminalObeys(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ in, want string }{
		"plain text stays":         {"a red fox, 1/2 – ünïcödé 狐", "a red fox, 1/2 – ünïcödé 狐"},
		"colours":                  {"\x1b[31mred\x1b[0m", "red"},
		"a title sequence":         {"\x1b]0;owned\x07after", "after"},
		"C1 codes":                 {"\u009d0;owned\u009cafter", "0;ownedafter"},
		"a picture of kitty's":     {"\x1b_Ga=T;AAAA\x1b\\after", "after"},
		"cursor movement":          {"a\x1b[2J\x1b[Hb", "ab"},
		"line ends become spaces":  {"one\r\ntwo\n\nthree\tfour", "one two three four"},
		"a carriage return alone":  {"innocent\rrm -rf", "innocent rm -rf"},
		"backspaces and bells":     {"ab\b\b\x07cd\x7f", "abcd"},
		"text that runs backwards": {"evil\u202egnp.exe\u2066x\u2069", "evilgnp.exex"},
		"invisible characters":     {"a\u200bb\ufeffc\u2060d", "abcd"},
		"invalid UTF-8":            {"a\xff\xfeb", "a�b"},
		"nothing":                  {"", ""},
		"white space alone":        {" \t\n ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := terminal.Clean(tt.in); got != tt.want {
				t.Errorf("Clean(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestCleanBoundsWhatIsShown(t *testing.T) {
	t.Parallel()
	got := terminal.Clean(strings.Repeat("é", 100_000))
	if len(got) > 2010 || !utf8.ValidString(got) {
		t.Errorf("%d bytes are shown, valid UTF-8: %v", len(got), utf8.ValidString(got))
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"fox", "\x1b[31m", "\x1b]8;;http://x\x1b\\y", "\u009b2J", "\x1b\x1b[[AA", "a\u202eb", "\xc2", "\x90\x1b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := terminal.Clean(s)
		if !utf8.ValidString(got) {
			t.Errorf("Clean(%q) = %q is not valid UTF-8", s, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Errorf("Clean(%q) = %q holds %U", s, got, r)
			}
		}
		if again := terminal.Clean(got); again != got {
			t.Errorf("Clean(%q) = %q, and again %q", s, got, again)
		}
	})
}
