package workflow

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Value is one parameter value: a text, a number (as json.Number, so that no
// digit is lost), or a truth value. The zero Value is none.
type Value struct{ v any }

// NewValue holds v, which must be a string, a bool or a json.Number; anything
// else gives no value.
func NewValue(v any) Value {
	switch v.(type) {
	case string, bool, json.Number:
		return Value{v}
	}
	return Value{}
}

// Any is the value as it stands in job.Params; nil for none.
func (v Value) Any() any { return v.v }

// IsZero reports whether there is no value.
func (v Value) IsZero() bool { return v.v == nil }

// Equal reports whether both are the same value of the same type.
func (v Value) Equal(o Value) bool { return v.v == o.v }

// String is the value as a person would type it.
func (v Value) String() string {
	if v.v == nil {
		return ""
	}
	return fmt.Sprint(v.v)
}

// MarshalJSON writes the bare value.
func (v Value) MarshalJSON() ([]byte, error) { return marshal(v.v) }

// UnmarshalJSON reads a text, a number, true, false or null.
func (v *Value) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var raw any
	if err := d.Decode(&raw); err != nil {
		return err
	}
	*v = NewValue(raw)
	if v.IsZero() && raw != nil {
		return fmt.Errorf("want a text, a number, true or false")
	}
	return nil
}

// MarshalJSON writes the bare value where the label says the same.
func (c Choice) MarshalJSON() ([]byte, error) {
	if c.Label == c.Value.String() {
		return c.Value.MarshalJSON()
	}
	return marshal(labelled(c))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Choice) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		var l labelled
		if err := json.Unmarshal(data, &l); err != nil {
			return err
		}
		*c = Choice(l)
		return nil
	}
	if err := c.Value.UnmarshalJSON(data); err != nil {
		return err
	}
	c.Label = c.Value.String()
	return nil
}

type labelled struct {
	Label string `json:"label"`
	Value Value  `json:"value"`
}
