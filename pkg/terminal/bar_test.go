package terminal

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"discomfy/pkg/job"
)

func TestBarFillsItsCells(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		percent      float64
		filled, rest string
	}{
		{0, "", "──────────"},
		{5, "╸", "─────────"},
		{10, "━", "─────────"},
		{50, "━━━━━", "─────"},
		{99.99, "━━━━━━━━━╸", ""},
		{100, "━━━━━━━━━━", ""},
		{250, "━━━━━━━━━━", ""},
		{-1, "", "──────────"},
		{math.NaN(), "", "──────────"},
		{math.Inf(1), "━━━━━━━━━━", ""},
	} {
		filled, rest := bar(tt.percent, 10)
		if filled != tt.filled || rest != tt.rest {
			t.Errorf("bar(%v) = %q %q, want %q %q", tt.percent, filled, rest, tt.filled, tt.rest)
		}
	}
}

// Whatever progress arrives, in whatever order, the bar keeps its length and
// never shrinks within an attempt.
func TestBarNeverShrinksWithinAnAttempt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := &entry{request: job.Request{ID: job.NewID()}}
		cells := rapid.IntRange(minBar, maxBar).Draw(t, "cells")
		start := time.Unix(1_800_000_000, 0)
		filled, attempt := 0, 0
		for range rapid.IntRange(1, 40).Draw(t, "snapshots") {
			e.applyProgress(job.Progress{
				Job:     e.request.ID,
				Epoch:   rapid.Uint64Range(1, 3).Draw(t, "epoch"),
				Attempt: rapid.IntRange(1, 3).Draw(t, "attempt"),
				Percent: rapid.OneOf(rapid.Float64Range(0, 100), rapid.Float64()).Draw(t, "percent"),
				At:      start.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "at")) * time.Second),
			}, start)
			full, rest := bar(e.percent, cells)
			if got := utf8.RuneCountInString(full + rest); got != cells {
				t.Fatalf("the bar has %d cells, want %d", got, cells)
			}
			now := 2*strings.Count(full, "━") + strings.Count(full, "╸")
			if e.attempt == attempt && now < filled {
				t.Fatalf("the bar shrank from %d to %d halves", filled, now)
			}
			if e.attempt < attempt {
				t.Fatalf("attempt %d came after %d", e.attempt, attempt)
			}
			filled, attempt = now, e.attempt
		}
	})
}
