package comfysim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// faultBox holds the switches while they are read, set and counted down.
type faultBox struct {
	mu      sync.Mutex
	faults  Faults
	release chan struct{} // closed by the end of all hangs, and made anew
	hanging int
}

func newFaultBox(f Faults) (*faultBox, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	return &faultBox{faults: f.clone(), release: make(chan struct{})}, nil
}

func (f Faults) clone() Faults {
	f.HTTP = slices.Clone(f.HTTP)
	return f
}

func (b *faultBox) get() Faults {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.faults.clone()
}

// on reads one switch.
func (b *faultBox) on(pick func(*Faults) bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return pick(&b.faults)
}

// take counts one strike; false means that the switch is off.
func (b *faultBox) take(pick func(*Faults) *int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return takeOne(pick(&b.faults))
}

func takeOne(n *int) bool {
	if *n <= 0 {
		return false
	}
	*n--
	return true
}

// change sets switches; where what results is no valid setting, nothing changes.
func (b *faultBox) change(change func(*Faults) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := b.faults.clone()
	if err := change(&next); err != nil {
		return err
	}
	if err := next.check(); err != nil {
		return err
	}
	b.faults = next.clone()
	return nil
}

// merge sets the switches that a JSON object names and leaves the others; a list is replaced whole.
func (f *Faults) merge(data []byte) error {
	former := f.HTTP
	f.HTTP = nil // else its elements would show through
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(f); err != nil {
		return fmt.Errorf("read faults: %w", err)
	}
	if d.More() {
		return fmt.Errorf("read faults: more than one JSON value")
	}
	if f.HTTP == nil {
		f.HTTP = former
	}
	return nil
}

// ParseFaults reads switches as a command line names them: "name=value" with a value in JSON (of a list the one
// element) or a bare word, and
// "name" alone for true or, where it counts, for 1.
func ParseFaults(list []string) (Faults, error) {
	var f Faults
	for _, text := range list {
		name, value, given := strings.Cut(text, "=")
		values := []string{value, fmt.Sprintf("%q", value), "[" + value + "]"}
		if !given {
			values = []string{"true", "1"}
		}
		if err := f.mergeOne(name, values); err != nil {
			return Faults{}, fmt.Errorf("fault %s: %w", text, err)
		}
	}
	return f, f.check()
}

// mergeOne sets a switch to the first of the values that it takes.
func (f *Faults) mergeOne(name string, values []string) error {
	var first error
	for _, v := range values {
		next := f.clone()
		err := next.merge(fmt.Appendf(nil, "{%q: %s}", name, v))
		if err == nil {
			*f = next
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// Faults is what is switched on now, with what is left of the counters.
func (s *Server) Faults() Faults { return s.faults.get() }

// ChangeFaults sets switches; no fault strikes meanwhile. An invalid setting is an error and changes nothing.
func (s *Server) ChangeFaults(change func(*Faults)) error {
	return s.faults.change(func(f *Faults) error { change(f); return nil })
}
