package discordsim

import (
	"fmt"
	"strconv"
	"time"
)

// epoch is the first millisecond of Discord's identifiers, 2015-01-01 UTC.
const epoch = 1420070400000

// ID is a snowflake: milliseconds since Discord's epoch in its upper 42 bits. Zero means none.
type ID uint64

// ParseID reads an identifier as it stands in a path or in JSON.
func ParseID(s string) (ID, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no identifier", s)
	}
	return ID(n), nil
}

// String is the identifier as Discord writes it, "0" for none.
func (id ID) String() string { return strconv.FormatUint(uint64(id), 10) }

// Time is the moment at which the identifier was made.
func (id ID) Time() time.Time { return time.UnixMilli(int64(id>>22) + epoch).UTC() }

// MarshalText writes the identifier as a string; JSON numbers would lose digits.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (id *ID) UnmarshalText(b []byte) error {
	v, err := ParseID(string(b))
	if err != nil {
		return err
	}
	*id = v
	return nil
}

// nextID makes an identifier of the given moment that is greater than all before it.
func (w *world) nextID(now time.Time) ID {
	id := ID(max(now.UnixMilli()-epoch, 0)) << 22
	w.last = max(id, w.last+1)
	return w.last
}
