package workflow

import (
	"strings"
	"unicode/utf8"
)

// closest is the name that s was most likely meant to be; false when none is
// near. The first of equally near ones wins.
func closest(s string, names []string) (string, bool) {
	s = strings.ToLower(clip(s))
	length := utf8.RuneCountInString(s)
	limit := (length + 1) / 3
	best, found := "", false
	for _, name := range names {
		lower := strings.ToLower(name)
		if d := utf8.RuneCountInString(lower) - length; d > limit || -d > limit {
			lower = stem(lower) // "detail" for "style/detail.safetensors"
		}
		if d := distance(s, lower, limit); d <= limit {
			best, found, limit = name, true, d-1
		}
	}
	return best, found
}

// distance counts the letters to insert, delete, replace or swap with their
// neighbour; a number above limit when it exceeds that.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); d > limit || -d > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
