package terminal

import (
	"bytes"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// glass is a terminal that understands what Screen writes; it wraps lines that
// are too long again when it becomes narrower, as terminals do.
type glass struct {
	width int
	lines []string // the cursor is below the last
	err   string
}

func (g *glass) Write(p []byte) (int, error) {
	s := string(p)
	for s != "" {
		switch {
		case strings.HasPrefix(s, "\x1b["):
			end := strings.IndexFunc(s[2:], func(r rune) bool { return r >= '@' && r <= '~' }) + 3
			g.obey(s[:end])
			s = s[end:]
		default:
			line, rest, ended := strings.Cut(s, "\n")
			if text, after, ok := strings.Cut(line, "\x1b"); ok {
				g.lines = append(g.lines, text)
				s = "\x1b" + after
				if ended {
					s += "\n" + rest
				}
				// The line's own end follows its erase sequence.
				s = strings.Replace(s, ansi.EraseLineRight+"\n", "", 1)
				continue
			}
			g.lines = append(g.lines, line)
			s = rest
		}
	}
	return len(p), nil
}

func (g *glass) obey(sequence string) {
	switch {
	case strings.HasSuffix(sequence, "F"):
		var n int
		for _, c := range sequence[2 : len(sequence)-1] {
			n = n*10 + int(c-'0')
		}
		if n == 0 {
			n = 1
		}
		g.up(n)
	case sequence == ansi.EraseScreenBelow, strings.HasPrefix(sequence, "\x1b[?"):
	default:
		g.err = "unexpected sequence " + sequence
	}
}

// up removes the rows above the cursor: whatever is below it is written anew.
func (g *glass) up(rows int) {
	for rows > 0 && len(g.lines) > 0 {
		last := g.lines[len(g.lines)-1]
		g.lines = g.lines[:len(g.lines)-1]
		rows -= max(1, (ansi.StringWidth(last)+g.width-1)/g.width)
	}
	if rows != 0 {
		g.err = "the cursor went into the middle of a line"
	}
}

func newGlass(width int) (*glass, *Screen) {
	g := &glass{width: width}
	return g, NewScreen(g, func() (int, int) { return g.width, 24 })
}

func (g *glass) want(t *testing.T, lines ...string) {
	t.Helper()
	if g.err != "" {
		t.Error(g.err)
	}
	if got := strings.Join(g.lines, "|"); got != strings.Join(lines, "|") {
		t.Errorf("on the screen: %q\nwant: %q", got, strings.Join(lines, "|"))
	}
}

func drawn(t *testing.T, s *Screen, lines ...string) {
	t.Helper()
	if err := s.Draw(lines); err != nil {
		t.Fatal(err)
	}
}

func TestScreenRedrawsInPlace(t *testing.T) {
	t.Parallel()
	g, s := newGlass(80)
	drawn(t, s, "one", "two")
	g.want(t, "one", "two")
	drawn(t, s, "three")
	g.want(t, "three")
	drawn(t, s, "four", "five", "six")
	g.want(t, "four", "five", "six")
	drawn(t, s)
	g.want(t)
}

func TestScreenLetsTextScrollPastAboveTheFrame(t *testing.T) {
	t.Parallel()
	g, s := newGlass(80)
	drawn(t, s, "bar")
	if _, err := s.Write([]byte("a log line")); err != nil {
		t.Fatal(err)
	}
	g.want(t, "a log line", "bar")
	if err := s.over("done\nsaved\n", []string{"next bar"}); err != nil {
		t.Fatal(err)
	}
	g.want(t, "a log line", "done", "saved", "next bar")
}

func TestScreenFindsItsFrameAfterTheTerminalBecameNarrower(t *testing.T) {
	t.Parallel()
	g, s := newGlass(80)
	drawn(t, s, strings.Repeat("x", 70), "two")
	g.width = 30
	drawn(t, s, "one", "two")
	g.want(t, "one", "two")
}

func TestScreenIsPlainWhileNothingIsDrawn(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := NewScreen(&out, func() (int, int) { return 80, 24 })
	if _, err := s.Write([]byte("a log line\n")); err != nil {
		t.Fatal(err)
	}
	drawn(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if out.String() != "a log line\n" {
		t.Errorf("wrote %q", out.String())
	}
}
