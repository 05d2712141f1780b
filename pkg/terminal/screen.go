package terminal

import (
	"io"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"
)

// Screen is a terminal whose last lines are redrawn in place, while whatever
// is written to it scrolls past above them. Its methods may be called from
// several goroutines.
type Screen struct {
	size func() (width, height int)

	mu     sync.Mutex
	out    io.Writer
	lines  []string // as drawn, above the cursor
	hidden bool     // the cursor
}

// NewScreen draws on out. It asks size, the terminal's cells, before each
// drawing, so that a resize takes effect with the next one.
func NewScreen(out io.Writer, size func() (width, height int)) *Screen {
	return &Screen{out: out, size: size}
}

// Draw replaces the last lines. No line may be wider than the terminal.
func (s *Screen) Draw(lines []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.redraw("", lines)
}

// Write lets p scroll past above the last lines. It adds the line end that p
// may lack.
func (s *Screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := string(p)
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	if err := s.redraw(text, s.lines); err != nil {
		return 0, err
	}
	return len(p), nil
}

// over lets text scroll past and replaces the last lines, at once.
func (s *Screen) over(text string, lines []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.redraw(text, lines)
}

// Close leaves what is drawn, gives the cursor back and writes no more.
func (s *Screen) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = nil
	if !s.hidden {
		return nil
	}
	s.hidden = false
	_, err := io.WriteString(s.out, ansi.ShowCursor)
	return err
}

// redraw writes above and then lines, in one write, so that no half of a
// frame is ever seen.
func (s *Screen) redraw(above string, lines []string) error {
	if len(lines)+len(s.lines) == 0 {
		_, err := io.WriteString(s.out, above)
		return err
	}
	var b strings.Builder
	b.WriteString(ansi.SetModeSynchronizedOutput)
	if !s.hidden && len(lines) > 0 {
		s.hidden = true
		b.WriteString(ansi.HideCursor)
	}
	if rows := s.rows(); rows > 0 {
		b.WriteString(ansi.CursorPreviousLine(rows))
	}
	if above != "" {
		b.WriteString(ansi.EraseScreenBelow + above)
	}
	for _, l := range lines {
		b.WriteString(l + ansi.EraseLineRight + "\n")
	}
	b.WriteString(ansi.EraseScreenBelow + ansi.ResetModeSynchronizedOutput)
	s.lines = lines
	_, err := io.WriteString(s.out, b.String())
	return err
}

// rows is how many rows the drawn lines take now: a terminal that became
// narrower has wrapped them.
func (s *Screen) rows() int {
	width, height := s.size()
	rows := 0
	for _, l := range s.lines {
		rows += max(1, (ansi.StringWidth(l)+width-1)/max(width, 1))
	}
	return min(rows, max(height-1, 1))
}
