package picture

import (
	"bytes"
	"cmp"
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

// Edited is a file with edits, which are made while it is read. The file
// itself stays as it is. The zero number of edits is fine.
type Edited struct {
	r     io.ReaderAt
	size  int64
	edits []Edit
}

// NewEdited puts edits over a file. They must lie within it and not overlap.
func NewEdited(r io.ReaderAt, size int64, edits []Edit) (*Edited, error) {
	sorted := slices.SortedFunc(slices.Values(edits), func(a, b Edit) int { return cmp.Compare(a.At, b.At) })
	at := int64(0)
	for _, e := range sorted {
		if e.At < at || e.N < 0 || e.N > size-e.At {
			return nil, fmt.Errorf("edit a file of %d bytes: %d bytes at %d overlap others or its end", size, e.N, e.At)
		}
		at = e.At + e.N
	}
	return &Edited{r, size, sorted}, nil
}

// Changed reports whether there is any edit.
func (e *Edited) Changed() bool { return len(e.edits) > 0 }

// Size is the length of the edited file in bytes.
func (e *Edited) Size() int64 {
	size := e.size
	for _, edit := range e.edits {
		size += edit.length() - edit.N
	}
	return size
}

func (e Edit) length() int64 {
	if e.Zero {
		return e.N
	}
	return int64(len(e.With))
}

// Reader reads the edited file from its beginning.
func (e *Edited) Reader() io.Reader {
	var parts []io.Reader
	at := int64(0)
	for _, edit := range e.edits {
		parts = append(parts, io.NewSectionReader(e.r, at, edit.At-at))
		if edit.Zero {
			parts = append(parts, io.LimitReader(zeros{}, edit.N))
		} else {
			parts = append(parts, bytes.NewReader(edit.With))
		}
		at = edit.At + edit.N
	}
	return io.MultiReader(append(parts, io.NewSectionReader(e.r, at, e.size-at))...)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
