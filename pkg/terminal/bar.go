package terminal

import (
	"math"
	"strings"
)

// bar draws percent (0 to 100) as cells characters, in steps of half a cell.
// It is full at 100 only, and the filled part never shrinks when percent grows.
func bar(percent float64, cells int) (filled, rest string) {
	if math.IsNaN(percent) || percent < 0 {
		percent = 0
	}
	halves := int(min(percent, 100) / 100 * float64(2*cells))
	if percent < 100 {
		halves = min(halves, 2*cells-1)
	}
	filled = strings.Repeat("━", halves/2)
	if halves%2 == 1 {
		filled += "╸"
	}
	return filled, strings.Repeat("─", cells-(halves+1)/2)
}
