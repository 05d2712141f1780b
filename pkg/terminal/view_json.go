package terminal

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// jsonView writes every Event as a line of JSON, for programs.
type jsonView struct{ out io.Writer }

func (v jsonView) show(events []Event) error {
	for _, ev := range events {
		if ev.Event == EventSaved && len(ev.Files) == 0 {
			continue
		}
		line, err := json.Marshal(ev) // escapes control characters
		if err != nil {
			return fmt.Errorf("encode event: %w", err)
		}
		if _, err := v.out.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("write event: %w", err)
		}
	}
	return nil
}

func (jsonView) tick(time.Time) error { return nil }
func (jsonView) close() error         { return nil }
