package picture

import (
	"errors"
	"io"
)

// Info is what a picture's headers say.
type Info struct {
	Kind        Kind
	Width       int // pixels as stored, before the orientation is applied
	Height      int
	Alpha       bool  // may have transparent pixels
	Animated    bool  // has more than one frame
	Orientation int   // EXIF, 1 (upright) to 8
	Depth       int   // bits of a channel
	Keyed       bool  // its transparency stands beside the pixels (PNG's tRNS), where not every program looks for it
	Memory      int64 // bytes that decoding takes, about

	extended int64 // where the flags of a WebP file's extended header are; 0 where there is none
	plane    bool  // a WebP file has its transparency in a chunk of its own
}

// Inspect reads a picture's headers and decodes nothing. The error wraps
// ErrForeign or ErrDamaged, or is the reader's.
func Inspect(r io.ReaderAt, size int64) (Info, error) {
	s := newSource(r, size)
	kind, err := s.sniff()
	if err != nil {
		return Info{}, err
	}
	i := Info{Kind: kind, Orientation: 1, Depth: 8}
	switch kind {
	case PNG:
		err = i.readPNG(s)
	case JPEG:
		err = i.readJPEG(s)
	case WebP:
		err = i.readWebP(s)
	case GIF:
		err = i.readGIF(s)
	case BMP:
		err = i.readBMP(s)
	default:
		return i, foreign(kind)
	}
	if err != nil {
		return i, err
	}
	if i.Width < 1 || i.Height < 1 {
		return i, damaged("it has no pixels")
	}
	if i.Orientation != 1 {
		i.Memory += 8 * int64(i.Width) * int64(i.Height) // one copy to turn and the turned one
	}
	return i, nil
}

// source is a file of known size that is read at places.
type source struct {
	r    io.ReaderAt
	size int64
}

func newSource(r io.ReaderAt, size int64) source { return source{r, max(size, 0)} }

// sniff recognises the file.
func (s source) sniff() (Kind, error) {
	head, err := s.bytes(0, min(SniffLen, s.size))
	return Sniff(head), err
}

// bytes reads exactly n bytes; what reaches behind the end is damaged.
func (s source) bytes(at, n int64) ([]byte, error) {
	if at < 0 || n < 0 || n > s.size-at {
		return nil, damaged("it ends too early")
	}
	b := make([]byte, n)
	if got, err := s.r.ReadAt(b, at); int64(got) < n {
		if err == nil || errors.Is(err, io.EOF) {
			return nil, damaged("it ends too early")
		}
		return nil, err
	}
	return b, nil
}

func (s source) reader() *io.SectionReader { return io.NewSectionReader(s.r, 0, s.size) }
