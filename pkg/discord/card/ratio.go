package card

import (
	"math"
	"strconv"
)

// number reads a finite number, or gives what stands in for it.
func number(s string, otherwise float64) float64 {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return otherwise
	}
	return n
}
