package card

import (
	"fmt"
	"time"
)

// Discord takes times of years that have four digits.
const (
	firstSecond = 0
	lastSecond  = 253402300799
)

// relative is a moment as Discord's clients show it: "in 2 minutes", "an hour
// ago", counting by itself. "" for the zero time.
func relative(t time.Time) string { return stamp(t, "R") }

// date is a moment's day, in the reader's zone and language.
func date(t time.Time) string { return stamp(t, "D") }

// clock is a moment's day and time, in the reader's zone and language.
func clock(t time.Time) string { return stamp(t, "f") }

// second is a moment's time of day, to the second.
func second(t time.Time) string { return stamp(t, "T") }

func stamp(t time.Time, style string) string {
	if t.IsZero() || t.Unix() < firstSecond || t.Unix() > lastSecond {
		return ""
	}
	return fmt.Sprintf("<t:%d:%s>", t.Unix(), style)
}

// lasted puts a duration into words, with tenths while it is short.
func lasted(d time.Duration) string {
	switch d = max(d, 0); {
	case d < 100*time.Millisecond:
		return "under 0.1 s"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// span puts a round duration into words: "10 min", "5 days".
func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= time.Minute && d < time.Hour && d%time.Minute == 0:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return lasted(d)
}

// size puts a number of bytes into words with decimal prefixes.
func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.0f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
