package clip

import (
	"encoding/binary"
	"fmt"
	"iter"
)

// box is a part of an ISO base media file (ISO/IEC 14496-12, 4.2).
type box struct {
	name string
	at   int64 // of its header
	body int64
	end  int64
}

func (b box) length() int64 { return b.end - b.body }

// boxes yields those between two places. An error ends it.
func (f *file) boxes(at, end int64) iter.Seq2[box, error] {
	return func(yield func(box, error) bool) {
		for at < end {
			b, err := f.boxAt(at, end)
			if !yield(b, err) || err != nil {
				return
			}
			at = b.end
		}
	}
}

func (f *file) boxAt(at, end int64) (box, error) {
	if end-at < 8 {
		return box{}, fmt.Errorf("%w: it ends within a part", ErrDamaged)
	}
	head, err := f.bytes(at, min(16, end-at))
	if err != nil {
		return box{}, err
	}
	b := box{name: string(head[4:8]), at: at, body: at + 8}
	switch size := int64(binary.BigEndian.Uint32(head)); size {
	case 0:
		b.end = end
	case 1:
		if len(head) < 16 {
			return box{}, fmt.Errorf("%w: it ends within a part", ErrDamaged)
		}
		long := binary.BigEndian.Uint64(head[8:])
		if long > uint64(end-at) {
			return box{}, fmt.Errorf("%w: a part is longer than the whole", ErrDamaged)
		}
		b.body, b.end = at+16, at+int64(long)
	default:
		b.end = at + size
	}
	if b.end > end || b.end < b.body {
		return box{}, fmt.Errorf("%w: a part is longer than the whole", ErrDamaged)
	}
	return b, nil
}

// within finds the first box of a name.
func (f *file) within(parent box, name string) (box, bool, error) {
	for b, err := range f.boxes(parent.body, parent.end) {
		if err != nil {
			return box{}, false, err
		}
		if b.name == name {
			return b, true, nil
		}
	}
	return box{}, false, nil
}

// path follows names; a missing one is no error and gives false.
func (f *file) path(b box, names ...string) (box, bool, error) {
	for _, name := range names {
		var ok bool
		var err error
		if b, ok, err = f.within(b, name); err != nil || !ok {
			return box{}, false, err
		}
	}
	return b, true, nil
}

// content reads the first bytes of a box's content, at most n.
func (f *file) content(b box, n int64) ([]byte, error) {
	return f.bytes(b.body, min(n, b.length()))
}
