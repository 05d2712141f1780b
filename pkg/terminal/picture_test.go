package terminal

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func writePicture(t *testing.T, width, height int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// sent is the picture that a terminal would decode from the sequences.
func sent(t *testing.T, p Protocol, drawn string) image.Image {
	t.Helper()
	pattern := map[Protocol]string{Kitty: "\x1b_G[^;]*;([^\x1b]*)\x1b", ITerm2: "\x1b]1337;File=[^:]*:([^\x07]*)\x07"}[p]
	var content strings.Builder
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(drawn, -1) {
		content.WriteString(m[1])
	}
	data, err := base64.StdEncoding.DecodeString(content.String())
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPicturesAreSentSmallAndInPlace(t *testing.T) {
	t.Parallel()
	for _, p := range []Protocol{Kitty, ITerm2} {
		drawn, err := p.show(writePicture(t, 2000, 1000), 80)
		if err != nil {
			t.Fatal(err)
		}
		if size := sent(t, p, drawn).Bounds().Size(); size != image.Pt(640, 320) {
			t.Errorf("%s: %v is sent, want 640 × 320", p, size)
		}
		if !strings.HasPrefix(drawn, "  \x1b") || !strings.HasSuffix(drawn, "\n") {
			t.Errorf("%s: not on lines of its own: %q…", p, drawn[:20])
		}
		columns := map[Protocol]string{Kitty: "c=40", ITerm2: "width=40;height=10;inline=1"}[p]
		if !strings.Contains(drawn, columns) {
			t.Errorf("%s: lacks %q: %q…", p, columns, drawn[:80])
		}
	}
}

func TestPicturesKeepTheirShapeInCells(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ w, h, most, columns, rows int }{
		{512, 512, 40, 32, 16}, {2000, 100, 40, 40, 1}, {100, 2000, 40, 1, 16}, {1, 1, 40, 32, 16}, {512, 512, 10, 10, 5}, {512, 512, -3, 1, 1},
	} {
		columns, rows := cells(image.Rect(0, 0, tt.w, tt.h), tt.most)
		if columns != tt.columns || rows != tt.rows {
			t.Errorf("%d × %d pixels take %d × %d cells, want %d × %d", tt.w, tt.h, columns, rows, tt.columns, tt.rows)
		}
	}
}

func TestWhatIsNoPictureIsNotSent(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(file, []byte("\x1b]0;owned\x07"), 0o600); err != nil {
		t.Fatal(err)
	}
	if drawn, err := Kitty.show(file, 80); err == nil || drawn != "" {
		t.Errorf("drawn %q, error %v", drawn, err)
	}
}

func TestDetectKnowsTheTerminalByItsEnvironment(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env  map[string]string
		want Protocol
	}{
		"nothing known":    {nil, NoPictures},
		"xterm":            {map[string]string{"TERM": "xterm-256color"}, NoPictures},
		"kitty":            {map[string]string{"TERM": "xterm-kitty"}, Kitty},
		"kitty by window":  {map[string]string{"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, Kitty},
		"Ghostty":          {map[string]string{"TERM_PROGRAM": "ghostty"}, Kitty},
		"iTerm2":           {map[string]string{"TERM_PROGRAM": "iTerm.app"}, ITerm2},
		"iTerm2 over ssh":  {map[string]string{"LC_TERMINAL": "iTerm2"}, ITerm2},
		"WezTerm":          {map[string]string{"TERM_PROGRAM": "WezTerm"}, ITerm2},
		"tmux in kitty":    {map[string]string{"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"}, NoPictures},
		"tmux by variable": {map[string]string{"TERM": "xterm-kitty", "TMUX": "/tmp/x"}, NoPictures},
		"screen in iTerm2": {map[string]string{"TERM": "screen", "LC_TERMINAL": "iTerm2"}, NoPictures},
	} {
		if got := Detect(func(key string) string { return tt.env[key] }); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
