package telemetry_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/telemetry"
)

func TestLoggerWritesTheFormat(t *testing.T) {
	t.Parallel()
	var color, text, lines strings.Builder
	for w, f := range map[*strings.Builder]telemetry.Format{
		&color: telemetry.Color, &text: telemetry.Text, &lines: telemetry.JSON,
	} {
		log := telemetry.NewLogger(w, f, slog.LevelInfo)
		log.Info("job queued", "job_id", "a\nb\x1b[31m", "took", 3400*time.Millisecond)
		log.Debug("not shown")
	}
	if !strings.Contains(color.String(), "\x1b[") {
		t.Errorf("no colour in %q", color.String())
	}
	if got := text.String(); strings.Contains(got, "\x1b") || strings.Count(got, "\n") != 1 {
		t.Errorf("want one line without escapes, got %q", got)
	}
	var record map[string]any
	if err := json.Unmarshal([]byte(lines.String()), &record); err != nil || record["msg"] != "job queued" || record["took"] != "3.4s" {
		t.Errorf("want one JSON object, got %q: %v", lines.String(), err)
	}
}
