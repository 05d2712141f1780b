// Package telemetry sets up how a process reports on itself. It holds set-up
// only: what is logged, and when, is the business of those who are handed the
// logger. It starts no goroutine and keeps no state.
package telemetry

import (
	"io"
	"log/slog"

	"github.com/lmittmann/tint"
)

// Format is how log records are written.
type Format string

// The formats.
const (
	Text  Format = "text"  // a line for people, without colours
	Color Format = "color" // the same with colours, for a terminal
	JSON  Format = "json"  // an object a line, for log collectors
)

// NewLogger makes a logger that writes records of at least the level to w.
func NewLogger(w io.Writer, f Format, level slog.Level) *slog.Logger {
	if f == JSON {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: readable}))
	}
	return slog.New(tint.NewTextHandler(w, &tint.Options{
		Level: level, TimeFormat: "15:04:05.000", NoColor: f != Color,
	}))
}

// readable writes durations as "3.4s", where JSON would give nanoseconds.
func readable(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}
