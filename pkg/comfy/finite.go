package comfy

import (
	"bufio"
	"io"
)

// finite makes JSON of what Python's json module writes: outside strings, NaN,
// Infinity and -Infinity become null. Custom nodes use them as limits of their
// inputs, and the web page puts NaN into the prompts that it submits; one of
// those in somebody else's prompt would otherwise make the whole queue unreadable.
type finite struct {
	in      *bufio.Reader
	pending []byte // rest of a replacement that did not fit
	quoted  bool
	escaped bool
}

func newFinite(r io.Reader) *finite { return &finite{in: bufio.NewReader(r)} }

func (f *finite) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(f.pending) > 0 {
			c := copy(p[n:], f.pending)
			f.pending = f.pending[c:]
			n += c
			continue
		}
		if n > 0 && f.in.Buffered() == 0 {
			break // what is here now, rather than waiting for more
		}
		b, err := f.in.ReadByte()
		if err != nil {
			if n > 0 {
				return n, nil // the error comes again
			}
			return 0, err
		}
		if !f.quoted && f.replace(b) {
			f.pending = []byte("null")
			continue
		}
		f.track(b)
		p[n] = b
		n++
	}
	return n, nil
}

// replace tells whether b begins one of the three words, and swallows its rest.
func (f *finite) replace(b byte) bool {
	var rest string
	switch b {
	case 'N':
		rest = "aN"
	case 'I':
		rest = "nfinity"
	case '-':
		rest = "Infinity"
	default:
		return false
	}
	if next, _ := f.in.Peek(len(rest)); string(next) != rest {
		return false
	}
	_, _ = f.in.Discard(len(rest)) // it was peeked
	return true
}

func (f *finite) track(b byte) {
	switch {
	case f.escaped:
		f.escaped = false
	case f.quoted && b == '\\':
		f.escaped = true
	case b == '"':
		f.quoted = !f.quoted
	}
}
