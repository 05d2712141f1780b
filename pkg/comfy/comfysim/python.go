package comfysim

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// pyFloat is a number that Python holds as a float: 4 is written as 4.0.
type pyFloat float64

// MarshalJSON writes it as Python's json does.
func (f pyFloat) MarshalJSON() ([]byte, error) { return []byte(f.String()), nil }

// String is Python's repr: the shortest digits, an exponent from 1e16 on and below 1e-4.
func (f pyFloat) String() string {
	exp := strconv.FormatFloat(float64(f), 'e', -1, 64)
	_, power, _ := strings.Cut(exp, "e")
	if n, err := strconv.Atoi(power); err != nil || n < -4 || n >= 16 {
		return exp
	}
	s := strconv.FormatFloat(float64(f), 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// pyStr is Python's str of a JSON value, pyRepr its repr; both appear in error messages.
func pyStr(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return pyRepr(v)
}

func pyRepr(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case string:
		return pyQuote(v)
	case []any:
		return "[" + joinRepr(v) + "]"
	case []string:
		parts := make([]any, len(v))
		for i, s := range v {
			parts[i] = s
		}
		return "[" + joinRepr(parts) + "]"
	case *object:
		parts := make([]string, len(v.keys))
		for i, k := range v.keys {
			parts[i] = pyQuote(k) + ": " + pyRepr(v.values[k])
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}

func joinRepr(list []any) string {
	parts := make([]string, len(list))
	for i, v := range list {
		parts[i] = pyRepr(v)
	}
	return strings.Join(parts, ", ")
}

func pyQuote(s string) string {
	quote := "'"
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = `"`
	}
	return quote + strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + quote
}

// maxDigits is Python's own limit.
const maxDigits = 4300

var errTooManyDigits = errors.New("Exceeds the limit (4300 digits) for integer string conversion") //nolint:staticcheck // Python's words, shown to users

// pyInt converts as Python's int(): floats are cut, strings parsed. Integers of any size stay exact.
func pyInt(v any) (*big.Int, error) {
	switch v := v.(type) {
	case bool:
		if v {
			return big.NewInt(1), nil
		}
		return new(big.Int), nil
	case json.Number:
		if len(v) > maxDigits {
			return nil, errTooManyDigits
		}
		if n, ok := new(big.Int).SetString(v.String(), 10); ok {
			return n, nil
		}
		f, err := v.Float64()
		if err != nil {
			return nil, errors.New("cannot convert float infinity to integer")
		}
		n, _ := big.NewFloat(f).Int(nil)
		return n, nil
	case pyFloat:
		n, _ := big.NewFloat(float64(v)).Int(nil)
		return n, nil
	case string:
		if len(v) > maxDigits {
			return nil, errTooManyDigits
		}
		if n, ok := new(big.Int).SetString(strings.TrimSpace(v), 10); ok {
			return n, nil
		}
		return nil, errors.New("invalid literal for int() with base 10: " + pyQuote(v))
	}
	return nil, fmt.Errorf("int() argument must be a string, a bytes-like object or a real number, not '%s'", pyType(v))
}

// pyToFloat converts as Python's float().
func pyToFloat(v any) (pyFloat, error) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, nil
		}
		return 0, nil
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return 0, errors.New("int too large to convert to float")
		}
		return pyFloat(f), nil
	case pyFloat:
		return v, nil
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return 0, errors.New("could not convert string to float: " + pyQuote(v))
		}
		return pyFloat(f), nil
	}
	return 0, fmt.Errorf("float() argument must be a string or a real number, not '%s'", pyType(v))
}

func pyType(v any) string {
	switch v.(type) {
	case nil:
		return "NoneType"
	case []any:
		return "list"
	case *object:
		return "dict"
	}
	return "object"
}

// pyNumber is a prompt's number: an integer, or a float where the client gave one.
type pyNumber float64

// MarshalJSON writes integers without a point.
func (n pyNumber) MarshalJSON() ([]byte, error) {
	return []byte(strconv.FormatFloat(float64(n), 'f', -1, 64)), nil
}
