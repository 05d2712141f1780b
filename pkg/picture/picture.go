package picture

import (
	"context"
	"errors"
	"image"
	"io"
)

// Kind is what a file holds, by its bytes.
type Kind string

// The kinds that are recognised. Unknown is everything else.
const (
	Unknown Kind = ""
	PNG     Kind = "png"
	JPEG    Kind = "jpeg"
	WebP    Kind = "webp"
	GIF     Kind = "gif"
	BMP     Kind = "bmp"
)

// Sniff recognises a file by its first bytes, of which SniffLen suffice.
func Sniff(head []byte) Kind { return Unknown }

// Limits bound what is decoded. A zero field means its default.
type Limits struct {
	Bytes  int64 // of the file; default 32 MiB for Input, no bound for results
	Pixels int64 // in all, of one frame; default 64 Mi
	Edge   int   // pixels on one side; default 16384
	Memory int64 // bytes that decoding may take; default 384 MiB
}

// Fitted is a picture that was made to fit.
type Fitted struct {
	Data          []byte
	Kind          Kind
	Width, Height int
	Quality       int  // of a JPEG, 0 for lossless
	Scaled        bool // fewer pixels than the original
	Flattened     bool // transparency became white
}

// ErrNoFit is returned when even a tiny form exceeds the limit.
var ErrNoFit = errors.New("no form of the picture is small enough")

// Fit encodes m in at most limit bytes.
func Fit(ctx context.Context, m image.Image, limit int64) (Fitted, error) {
	return Fitted{}, errors.ErrUnsupported
}

// Preview makes a preview of at most 320 pixels on a side and 24 KB.
func Preview(ctx context.Context, r io.ReaderAt, size int64) (Fitted, error) {
	return Fitted{}, errors.ErrUnsupported
}
