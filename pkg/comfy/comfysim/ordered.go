package comfysim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxDepth bounds the nesting of a JSON body.
const maxDepth = 200

// maxChain bounds how many nodes in a row depend on each other, as Python's recursion limit does.
const maxChain = 900

// object is a JSON object that keeps the order of its keys, as a Python dict does: the order of nodes and inputs
// in a prompt decides in which order ComfyUI executes them.
type object struct {
	keys   []string
	values map[string]any
}

// obj makes an object of alternating keys and values.
func obj(pairs ...any) *object {
	o := &object{values: make(map[string]any, len(pairs)/2)}
	for i := 0; i+1 < len(pairs); i += 2 {
		o.set(pairs[i].(string), pairs[i+1])
	}
	return o
}

func (o *object) get(key string) any { return o.values[key] }

func (o *object) has(key string) bool { _, ok := o.values[key]; return ok }

func (o *object) set(key string, v any) {
	if !o.has(key) {
		o.keys = append(o.keys, key)
	}
	o.values[key] = v
}

// child is the object under key, nil where there is none.
func (o *object) child(key string) *object {
	c, _ := o.get(key).(*object)
	return c
}

func (o *object) text(key string) string {
	s, _ := o.get(key).(string)
	return s
}

// with is a shallow copy with further pairs.
func (o *object) with(pairs ...any) *object {
	c := obj()
	for _, k := range o.keys {
		c.set(k, o.values[k])
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		c.set(pairs[i].(string), pairs[i+1])
	}
	return c
}

// MarshalJSON writes the keys in their order.
func (o *object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, k := range o.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(encode(k))
		b.WriteByte(':')
		b.Write(encode(o.values[k]))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode is JSON without HTML escapes. All values here are made by this package of encodable parts; a custom
// node's output that is not reads as null.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return []byte("null")
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// decode parses one JSON value into *object, []any, string, json.Number, bool or nil.
func decode(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := decodeValue(d, 0)
	if err != nil {
		return nil, fmt.Errorf("decode JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("decode JSON: more than one value")
	}
	return v, nil
}

func decodeValue(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested more than %d deep", maxDepth)
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		return decodeObject(d, depth)
	case json.Delim('['):
		return decodeArray(d, depth)
	}
	return t, nil
}

func decodeObject(d *json.Decoder, depth int) (any, error) {
	o := obj()
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := decodeValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		o.set(k.(string), v)
	}
	_, err := d.Token()
	return o, err
}

func decodeArray(d *json.Decoder, depth int) (any, error) {
	list := []any{}
	for d.More() {
		v, err := decodeValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.Token()
	return list, err
}
