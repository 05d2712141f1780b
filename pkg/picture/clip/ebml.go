package clip

import (
	"fmt"
	"iter"
	"math/bits"
)

// Elements of Matroska (RFC 9559, 5.1).
const (
	idEBML        = 0x1a45dfa3
	idSegment     = 0x18538067
	idInfo        = 0x1549a966
	idScale       = 0x2ad7b1
	idDuration    = 0x4489
	idTracks      = 0x1654ae6b
	idEntry       = 0xae
	idNumber      = 0xd7
	idType        = 0x83
	idCodec       = 0x86
	idPrivate     = 0x63a2
	idVideo       = 0xe0
	idWidth       = 0xb0
	idHeight      = 0xba
	idCluster     = 0x1f43b675
	idSimpleBlock = 0xa3
	idBlockGroup  = 0xa0
	idBlock       = 0xa1
	idTags        = 0x1254c367
	idAttachments = 0x1941a469
	idVoid        = 0xec
)

// element is a part of an EBML file (RFC 8794).
type element struct {
	id   uint64
	at   int64
	body int64
	end  int64
	open bool // its end is unknown: it reaches to the end of its parent
}

func (e element) length() int64 { return e.end - e.body }

// elements yields those between two places. Into one whose end is unknown, and
// into segments and clusters, it goes: their parts follow them.
func (f *file) elements(at, end int64, into func(element) bool) iter.Seq2[element, error] {
	return func(yield func(element, error) bool) {
		for at < end {
			e, err := f.elementAt(at, end)
			if !yield(e, err) || err != nil {
				return
			}
			at = e.end
			if e.open || (into != nil && into(e)) {
				at = e.body
			}
		}
	}
}

func (f *file) elementAt(at, end int64) (element, error) {
	head, err := f.bytes(at, min(12, end-at))
	if err != nil {
		return element{}, err
	}
	id, n, ok := vint(head, 4, true)
	if !ok {
		return element{}, fmt.Errorf("%w: it is torn between its parts", ErrDamaged)
	}
	size, m, ok := vint(head[n:], 8, false)
	if !ok {
		return element{}, fmt.Errorf("%w: it is torn between its parts", ErrDamaged)
	}
	e := element{id: id, at: at, body: at + int64(n+m)}
	if size == 1<<(7*m)-1 {
		e.open, e.end = true, end
		return e, nil
	}
	if size > uint64(end-e.body) {
		return element{}, fmt.Errorf("%w: a part is longer than the whole", ErrDamaged)
	}
	e.end = e.body + int64(size)
	return e, nil
}

// vint reads a number of variable length, with the mark of its length where it
// is an id.
func vint(b []byte, longest int, mark bool) (value uint64, n int, ok bool) {
	if len(b) == 0 {
		return 0, 0, false
	}
	if n = bits.LeadingZeros8(b[0]) + 1; n > longest || n > len(b) {
		return 0, 0, false
	}
	value = uint64(b[0])
	if !mark {
		value &= 1<<(8-n) - 1
	}
	for _, c := range b[1:n] {
		value = value<<8 | uint64(c)
	}
	return value, n, true
}

// number reads an element's unsigned integer, 0 where it has none.
func (f *file) number(e element) (uint64, error) {
	b, err := f.bytes(e.body, min(e.length(), 8))
	value := uint64(0)
	for _, c := range b {
		value = value<<8 | uint64(c)
	}
	return value, err
}
