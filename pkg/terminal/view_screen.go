package terminal

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// screenView redraws the open jobs in place and lets each ended one scroll
// past above them, with its files and pictures.
type screenView struct {
	config Config
	board  *board
	paint  paint
	drawn  []string
}

// maxShownPictures bounds how many pictures of one job are drawn.
const maxShownPictures = 4

func newView(c Config, b *board) view {
	switch {
	case c.JSON:
		return jsonView{c.Out}
	case c.Screen != nil:
		return &screenView{config: c, board: b, paint: paint{color: c.Color}}
	}
	return newPlainView(c.Out)
}

func (v *screenView) show(events []Event) error {
	for _, ev := range events {
		if ev.entry == nil || !ev.entry.final {
			continue
		}
		if err := v.bury(ev.entry); err != nil {
			return err
		}
	}
	return nil
}

// tick draws a frame if it would look different from the last.
func (v *screenView) tick(now time.Time) error {
	width, height := v.config.Screen.size()
	frame := v.board.frame(now, width-1, height, v.paint)
	if slices.Equal(frame, v.drawn) {
		return nil
	}
	v.drawn = frame
	if err := v.config.Screen.Draw(frame); err != nil {
		return fmt.Errorf("draw frame: %w", err)
	}
	return nil
}

func (v *screenView) close() error {
	if v.board.finished() {
		if err := v.config.Screen.Draw(nil); err != nil {
			return fmt.Errorf("clear screen: %w", err)
		}
	}
	return v.config.Screen.Close()
}

// bury lets a job that has come to its end scroll past, and draws the frame
// without it at once.
func (v *screenView) bury(e *entry) error {
	width, height := v.config.Screen.size()
	var b strings.Builder
	for _, l := range e.ending(width-1, v.paint) {
		b.WriteString(l + "\n")
	}
	for _, f := range e.saved[:min(len(e.saved), maxShownPictures)] {
		b.WriteString(v.picture(f, width))
	}
	v.drawn = v.board.frame(time.Now(), width-1, height, v.paint)
	if err := v.config.Screen.over(b.String(), v.drawn); err != nil {
		return fmt.Errorf("draw frame: %w", err)
	}
	return nil
}

// picture draws a result where the terminal can; a failure to do so concerns
// the log alone, since the file is saved.
func (v *screenView) picture(f Saved, width int) string {
	if v.config.Pictures == NoPictures || !strings.HasPrefix(f.Type, "image/") {
		return ""
	}
	drawn, err := v.config.Pictures.show(f.Path, width)
	if err != nil {
		v.config.Log.Debug("picture not shown", "error", err)
	}
	return drawn
}
