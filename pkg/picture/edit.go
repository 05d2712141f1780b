package picture

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Edit replaces a part of a file: N bytes at a place become With, or zeros
// where Zero is set.
type Edit struct {
	At   int64
	N    int64
	With []byte
	Zero bool
}

// Edited is a file with edits, which are made while it is read; the file itself
// stays as it is. It may be read by several goroutines if the file may.
type Edited struct {
	parts []part
	size  int64
	edits int
}

// part is a stretch of the edited file, of a reader's bytes from a place on.
type part struct {
	at, n int64 // in the edited file
	r     io.ReaderAt
	from  int64
}

// NewEdited puts edits over a file, which may be none. They must lie within it
// and not overlap.
func NewEdited(r io.ReaderAt, size int64, edits []Edit) (*Edited, error) {
	e := &Edited{edits: len(edits)}
	at := int64(0) // in the file
	sorted := slices.SortedStableFunc(slices.Values(edits), func(a, b Edit) int { return cmp.Compare(a.At, b.At) })
	for _, edit := range sorted {
		if edit.At < at || edit.N < 0 || edit.N > size-edit.At {
			return nil, fmt.Errorf("edit a file of %d bytes: %d bytes at %d overlap others or its end", size, edit.N, edit.At)
		}
		e.add(r, at, edit.At-at)
		if edit.Zero {
			e.add(zeros{}, 0, edit.N)
		} else {
			e.add(bytes.NewReader(edit.With), 0, int64(len(edit.With)))
		}
		at = edit.At + edit.N
	}
	e.add(r, at, size-at)
	return e, nil
}

func (e *Edited) add(r io.ReaderAt, from, n int64) {
	if n > 0 {
		e.parts = append(e.parts, part{at: e.size, n: n, r: r, from: from})
		e.size += n
	}
}

// Changed reports whether there is any edit.
func (e *Edited) Changed() bool { return e.edits > 0 }

// Size is the length of the edited file in bytes.
func (e *Edited) Size() int64 { return e.size }

// Reader reads the edited file from its beginning.
func (e *Edited) Reader() *io.SectionReader { return io.NewSectionReader(e, 0, e.size) }

// ReadAt reads the edited file.
func (e *Edited) ReadAt(p []byte, at int64) (n int, err error) {
	if at < 0 {
		return 0, fmt.Errorf("read an edited file at %d", at)
	}
	i, _ := slices.BinarySearchFunc(e.parts, at, func(p part, at int64) int { return cmp.Compare(p.at+p.n-1, at) })
	for ; i < len(e.parts) && n < len(p); i++ {
		part := e.parts[i]
		skip := at + int64(n) - part.at
		want := p[n:min(int64(len(p)), int64(n)+part.n-skip)]
		got, err := part.r.ReadAt(want, part.from+skip)
		n += got
		if got < len(want) {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return n, err
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

type zeros struct{}

func (zeros) ReadAt(p []byte, _ int64) (int, error) {
	clear(p)
	return len(p), nil
}
