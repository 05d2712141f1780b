package clip

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"discomfy/pkg/picture"
)

const (
	oggHeader   = 27       // bytes of a page before its table of segments
	maxComments = 32 << 20 // bytes of a comment packet and its pages
)

// page is a piece of an Ogg stream (RFC 3533, 6).
type page struct {
	at    int64
	data  []byte // all of it
	body  int    // where its content begins
	table []byte // the segments' lengths
}

func (f *file) pageAt(at int64) (page, error) {
	head, err := f.bytes(at, oggHeader)
	if err != nil {
		return page{}, err
	}
	if string(head[:4]) != "OggS" {
		return page{}, fmt.Errorf("%w: it is torn between its parts", ErrDamaged)
	}
	table, err := f.bytes(at+oggHeader, int64(head[26]))
	if err != nil {
		return page{}, err
	}
	length := 0
	for _, n := range table {
		length += int(n)
	}
	p := page{at: at, body: oggHeader + len(table), table: table}
	p.data, err = f.bytes(at, int64(p.body+length))
	return p, err
}

// oggMetadata empties the comments, the second packet of a stream: they become
// none, and filler of the same length. Only files of one stream are read.
func (f *file) oggMetadata() ([]picture.Edit, error) {
	first, err := f.pageAt(0)
	if err != nil {
		return nil, err
	}
	empty, ok := emptyComments(first.data[first.body:])
	if !ok {
		return nil, ErrUnknown
	}
	var edits []picture.Edit
	written, total := 0, 0
	for at := int64(len(first.data)); total < maxComments; {
		p, err := f.pageAt(at)
		if err != nil {
			return nil, err
		}
		n, ended := p.firstPacket()
		for i := range n {
			b := byte(0)
			if written < len(empty) {
				b = empty[written]
			}
			p.data[p.body+i] = b
			written++
		}
		p.sum()
		edits = append(edits, picture.Edit{At: p.at, N: int64(len(p.data)), With: p.data})
		if ended {
			if written < len(empty) {
				return nil, fmt.Errorf("%w: its comments are too short", ErrDamaged)
			}
			return edits, nil
		}
		total += len(p.data)
		at += int64(len(p.data))
	}
	return nil, fmt.Errorf("%w: its comments have no end", ErrDamaged)
}

// emptyComments is a comment packet that says nothing, for the codec whose
// first packet is given: maker and comments of length zero (RFC 7845, 5.2;
// Vorbis I, 5.2).
func emptyComments(first []byte) ([]byte, bool) {
	switch {
	case bytes.HasPrefix(first, []byte("OpusHead")):
		return append([]byte("OpusTags"), 0, 0, 0, 0, 0, 0, 0, 0), true
	case bytes.HasPrefix(first, []byte("\x01vorbis")):
		return append([]byte("\x03vorbis"), 0, 0, 0, 0, 0, 0, 0, 0, 1), true
	}
	return nil, false
}

// firstPacket is how many bytes of the page belong to the packet at its
// beginning, and whether that ends here.
func (p page) firstPacket() (n int, ended bool) {
	for _, length := range p.table {
		n += int(length)
		if length < 255 {
			return n, true
		}
	}
	return n, false
}

// sum writes the page's checksum anew: CRC-32 of polynomial 04c11db7, the
// highest bit first, over the page with zeros in its place.
func (p page) sum() {
	field := p.data[22:26]
	clear(field)
	sum := uint32(0)
	for _, b := range p.data {
		sum ^= uint32(b) << 24
		for range 8 {
			if sum&(1<<31) != 0 {
				sum = sum<<1 ^ 0x04c11db7
			} else {
				sum <<= 1
			}
		}
	}
	binary.LittleEndian.PutUint32(field, sum)
}
