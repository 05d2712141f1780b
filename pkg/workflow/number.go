package workflow

import (
	"encoding/json"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// maxExact is 2^53: whole numbers up to it survive every program that keeps
// numbers as floating point, and a drawn seed stays below it.
const maxExact = 1 << 53

// decimal is how a person writes a number; strconv alone would take "NaN",
// "0x1p-2" and "1_000" too.
var decimal = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?$`)

var whole = regexp.MustCompile(`^[+-]?[0-9]{1,20}$`)

// canonicalFloat is the shortest form of a finite number; false for anything
// else. Its exponent is bounded, so that exact arithmetic on it is cheap.
func canonicalFloat(s string) (json.Number, bool) {
	if len(s) > 400 || !decimal.MatchString(s) {
		return "", false
	}
	if whole.MatchString(s) {
		return canonicalWhole(s)
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return "", false
	}
	if f == 0 {
		return "0", true
	}
	return shortest(f), true
}

// shortest avoids the exponent where people would.
func shortest(f float64) json.Number {
	format := byte('f')
	if a := math.Abs(f); a >= 1e21 || a < 1e-6 && a > 0 {
		format = 'e'
	}
	return json.Number(strconv.FormatFloat(f, format, -1, 64))
}

// canonicalWhole is a whole number of at most 20 digits without a needless
// sign or zeros.
func canonicalWhole(s string) (json.Number, bool) {
	if !whole.MatchString(s) {
		return "", false
	}
	n, ok := new(big.Int).SetString(strings.TrimPrefix(s, "+"), 10)
	if !ok {
		return "", false
	}
	return json.Number(n.String()), true
}

// rat is the exact value of a number; 0 for what is none. A catalog comes from
// another process, so exponents are bounded here again.
func rat(n json.Number) *big.Rat {
	r := new(big.Rat)
	if c, ok := canonicalFloat(n.String()); ok {
		r.SetString(c.String())
	}
	return r
}

// compareNumbers compares numbers exactly.
func compareNumbers(a, b json.Number) int { return rat(a).Cmp(rat(b)) }

// stricterMax and stricterMin combine two bounds, where "" is none.
func stricterMax(a, b json.Number) json.Number {
	if a == "" || b != "" && compareNumbers(b, a) < 0 {
		return b
	}
	return a
}

func stricterMin(a, b json.Number) json.Number {
	if a == "" || b != "" && compareNumbers(b, a) > 0 {
		return b
	}
	return a
}

// onStep reports whether n is base plus a multiple of step, and if not, its
// neighbours that are. Steps are decimal numbers, so this is exact. Anything
// is on a step that is not above 0, and base "" is 0.
func onStep(n, base, step json.Number) (below, above json.Number, ok bool) {
	b, s := rat(base), rat(step)
	if s.Sign() <= 0 {
		return n, n, true
	}
	q := new(big.Rat).Quo(new(big.Rat).Sub(rat(n), b), s)
	if q.IsInt() {
		return n, n, true
	}
	k := new(big.Int).Div(q.Num(), q.Denom()) // rounds down: Denom is positive
	low := new(big.Rat).Add(b, new(big.Rat).Mul(new(big.Rat).SetInt(k), s))
	high := new(big.Rat).Add(low, s)
	return decimalText(low), decimalText(high), false
}

// decimalText writes a number that has few decimals.
func decimalText(r *big.Rat) json.Number {
	if r.IsInt() {
		return json.Number(r.Num().String())
	}
	f, _ := r.Float64()
	return shortest(f)
}
