package terminal

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"discomfy/pkg/job"
)

// elapsed puts a duration into words, with tenths while it is short.
func elapsed(d time.Duration) string {
	if d = max(d, 0); d < 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Truncate(100*time.Millisecond).Seconds())
	}
	return whole(d)
}

// about puts an estimate into words: at least a second, no tenths.
func about(d time.Duration) string {
	return "about " + whole(max(d.Round(time.Second), time.Second))
}

// whole gives the two largest units: "12 s", "3 min 20 s", "2 h 05 min".
func whole(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	default:
		return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
	}
}

// size puts a number of bytes into words with decimal prefixes.
func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.0f kB", float64(n)/1e3)
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
}

// Person gives a user token back as people know it: "terminal-ann" is "ann".
func Person(u job.User) string {
	name, ok := strings.CutPrefix(string(u), "terminal-")
	if !ok {
		return Clean(string(u))
	}
	return Clean(unescape(name))
}

// unescape undoes the "_hh" of job.NewUser; what is no such escape stays.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '_' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// prompt is the text of the request that tells it from others, or "".
func prompt(r job.Request) string {
	for _, name := range []string{"prompt", "text"} {
		if s, ok := r.Params[name].(string); ok && s != "" {
			return Clean(s)
		}
	}
	return ""
}

// seed is the drawn seed as a person can type it back, or "".
func seed(r *job.Request) string {
	if r == nil {
		return ""
	}
	switch v := r.Params["seed"].(type) {
	case json.Number:
		return Clean(v.String())
	case string:
		return Clean(v)
	}
	return ""
}
