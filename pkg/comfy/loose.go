package comfy

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// Servers grow fields, custom nodes put anything anywhere, and Python writes
// NaN into JSON. What identifies (prompt ids, types) is decoded strictly; what only
// describes is decoded by the types below, which take anything and mean zero
// where it makes no sense.

// decode parses one JSON value as Python writes it.
func decode(data []byte, into any) error {
	err := json.Unmarshal(data, into)
	if _, syntax := errors.AsType[*json.SyntaxError](err); syntax {
		plain, readErr := io.ReadAll(newFinite(bytes.NewReader(data)))
		if readErr == nil && !bytes.Equal(plain, data) {
			err = json.Unmarshal(plain, into)
		}
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

// looseString is a string, or the digits of a number, or empty.
type looseString string

func (s *looseString) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*s = looseString(text)
	} else if len(data) > 0 && (data[0] == '-' || data[0] >= '0' && data[0] <= '9') {
		*s = looseString(data)
	}
	return nil
}

// looseNumber is a finite number, also where it is written as a string, or zero.
type looseNumber float64

func (n *looseNumber) UnmarshalJSON(data []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	if err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
		*n = looseNumber(v)
	}
	return nil
}

// whole gives the number as an int, within what an int64 holds exactly.
func (n looseNumber) whole() int64 {
	const most = 1 << 53
	return int64(max(-most, min(most, float64(n))))
}

// moment reads milliseconds since 1970; the zero time where there are none.
func (n looseNumber) moment() time.Time {
	if ms := n.whole(); ms > 0 {
		return time.UnixMilli(ms)
	}
	return time.Time{}
}

// looseBool is true only where true is written.
type looseBool bool

func (b *looseBool) UnmarshalJSON(data []byte) error {
	*b = string(data) == "true"
	return nil
}

// looseStrings is the strings of a list; other elements are left out.
type looseStrings []string

func (s *looseStrings) UnmarshalJSON(data []byte) error {
	var list []looseString
	if json.Unmarshal(data, &list) != nil {
		return nil
	}
	for _, text := range list {
		if text != "" {
			*s = append(*s, string(text))
		}
	}
	return nil
}

// looseMap is an object's fields; empty where it is none.
type looseMap map[string]json.RawMessage

func (m *looseMap) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) == nil {
		*m = fields
	}
	return nil
}

// looseList is a list's elements; empty where it is none.
type looseList []json.RawMessage

func (l *looseList) UnmarshalJSON(data []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(data, &list) == nil {
		*l = list
	}
	return nil
}

// field is one member of an object.
type field struct {
	name  string
	value json.RawMessage
}

// looseFields is an object's members in their order, which in Python is the
// order of events; empty where it is none.
type looseFields []field

func (f *looseFields) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil
	}
	for d.More() {
		var member field
		name, err := d.Token()
		if err != nil {
			return err
		}
		if err := d.Decode(&member.value); err != nil {
			return err
		}
		member.name, _ = name.(string)
		*f = append(*f, member)
	}
	return nil
}

// compareNodeIDs orders 2 before 10, and numbers before names.
func compareNodeIDs(a, b string) int {
	m, errA := strconv.Atoi(a)
	n, errB := strconv.Atoi(b)
	switch {
	case errA == nil && errB == nil:
		return cmp.Or(cmp.Compare(m, n), cmp.Compare(a, b))
	case errA == nil:
		return -1
	case errB == nil:
		return 1
	default:
		return cmp.Compare(a, b)
	}
}
