package job

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode/utf8"
)

// MaxRequest bounds a request's JSON form, in bytes.
const MaxRequest = 512 << 10

// Request is all that is needed to run a job: it is complete when published
// (the seed is drawn), so that every attempt makes the same picture.
type Request struct {
	ID       ID                `json:"id"`
	Group    ID                `json:"group,omitzero"` // the first job of the group, when there is one
	Queue    Queue             `json:"queue"`
	User     User              `json:"user"`
	Workflow string            `json:"workflow"`
	Class    int               `json:"class,omitempty"` // priority class; higher goes first, 0 is everybody's
	Params   Params            `json:"params,omitempty"`
	Inputs   map[string]string `json:"inputs,omitempty"` // picture parameter → object in the inputs store
	Created  time.Time         `json:"created"`
}

// Params are a request's values by parameter name: string, bool, json.Number,
// or a list of those. Numbers keep their text, so that a seed above 2^53
// survives.
type Params map[string]any

// UnmarshalJSON decodes numbers as json.Number and refuses nested objects.
func (p *Params) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return fmt.Errorf("decode parameters: %w", err)
	}
	for name, v := range m {
		if !isValue(v, true) {
			return fmt.Errorf("parameter %q: want a text, a number, true, false or a list of those", clip(name))
		}
	}
	*p = m
	return nil
}

func isValue(v any, lists bool) bool {
	switch v := v.(type) {
	case string, bool, json.Number:
		return true
	case []any:
		for _, e := range v {
			if !isValue(e, false) {
				return false
			}
		}
		return lists
	}
	return false
}

// ParseRequest reads a published request. What it refuses is not ours or was
// damaged; the error says in one line what is wrong with it.
func ParseRequest(data []byte) (Request, error) {
	switch {
	case len(data) > MaxRequest:
		return Request{}, fmt.Errorf("request of %d bytes: the limit is %d", len(data), MaxRequest)
	case !utf8.Valid(data):
		return Request{}, fmt.Errorf("request is not valid UTF-8")
	}
	var r Request
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&r); err != nil {
		return Request{}, fmt.Errorf("decode request: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Request{}, fmt.Errorf("decode request: more follows the JSON value")
	}
	if err := r.Validate(); err != nil {
		return Request{}, err
	}
	return r, nil
}

// Validate reports the first field that makes the request unusable, whatever
// its workflow is.
func (r Request) Validate() error {
	if r.ID.IsZero() {
		return fmt.Errorf("request has no id")
	}
	if _, err := ParseQueue(string(r.Queue)); err != nil {
		return err
	}
	if _, err := ParseUser(string(r.User)); err != nil {
		return err
	}
	if r.Workflow == "" {
		return fmt.Errorf("request names no workflow")
	}
	if r.Created.IsZero() {
		return fmt.Errorf("request has no creation time")
	}
	return nil
}
