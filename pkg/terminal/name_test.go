package terminal_test

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"discomfy/pkg/terminal"
)

func TestSafeNameKeepsToTheFolder(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ in, mediaType, want string }{
		"a usual name stays":          {"fox_00001_.png", "image/png", "fox_00001_.png"},
		"upwards":                     {"../../etc/passwd", "image/png", "passwd"},
		"upwards for Windows":         {`..\..\boot.ini`, "image/png", "boot.ini"},
		"absolute":                    {"/etc/cron.d/x", "image/png", "x"},
		"a drive":                     {`C:\a.png`, "image/png", "a.png"},
		"a stream of NTFS":            {"a.png:evil", "image/png", "a.png_evil"},
		"dots alone":                  {"..", "image/png", "result.png"},
		"nothing":                     {"", "video/mp4", "result.mp4"},
		"hidden":                      {".bashrc", "image/png", "bashrc"},
		"a trailing slash":            {"a/b/", "image/png", "b"},
		"control characters":          {"a\x00b\n\x1b[2Jc.png", "image/png", "ab c.png"},
		"text that runs backwards":    {"fox\u202egnp.exe", "image/png", "foxgnp.exe"},
		"a device of Windows":         {"NUL.png", "image/png", "_NUL.png"},
		"a numbered device":           {"com1", "image/png", "_com1"},
		"letters of every language":   {"狐-ø.png", "image/png", "狐-ø.png"},
		"an option of a command line": {"-rf.png", "image/png", "-rf.png"},
		"a media type nobody knows":   {"", "x/y", "result.bin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := terminal.SafeName(tt.in, tt.mediaType); got != tt.want {
				t.Errorf("SafeName(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestSafeNameKeepsTheExtensionOfALongName(t *testing.T) {
	t.Parallel()
	got := terminal.SafeName(strings.Repeat("狐", 200)+".png", "image/png")
	if len(got) > 120 || !strings.HasSuffix(got, ".png") || !utf8.ValidString(got) {
		t.Errorf("got %q of %d bytes", got, len(got))
	}
}

func FuzzSafeName(f *testing.F) {
	for _, s := range []string{"fox.png", "../x", `..\x`, "", ".", "con", "a\x00b", "\x1b[2J", strings.Repeat("a", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := terminal.SafeName(s, "image/png")
		if got == "" || len(got) > 120 || !utf8.ValidString(got) || !filepath.IsLocal(got) || filepath.Base(got) != got {
			t.Errorf("SafeName(%q) = %q", s, got)
		}
		if strings.ContainsAny(got, `/\:*?"<>|`) || terminal.Clean(got) != got || got[0] == '.' {
			t.Errorf("SafeName(%q) = %q", s, got)
		}
		if again := terminal.SafeName(got, "image/png"); again != got {
			t.Errorf("SafeName(%q) = %q, and again %q", s, got, again)
		}
	})
}
