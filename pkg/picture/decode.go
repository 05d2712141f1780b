package picture

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
)

// Decode reads a picture within the limits, of an animation the first frame,
// and turns it upright. The headers are judged before memory is taken. The
// error wraps ErrForeign, ErrLarge or ErrDamaged, or is the reader's or the
// context's.
func Decode(ctx context.Context, r io.ReaderAt, size int64, l Limits) (image.Image, Info, error) {
	i, err := Inspect(r, size)
	if err != nil {
		return nil, i, err
	}
	if err := l.Check(i); err != nil {
		return nil, i, err
	}
	from := &bounded{ctx: ctx, r: io.NewSectionReader(r, 0, size)}
	m, err := decodeKind(from, newSource(r, size), i)
	switch {
	case from.err != nil:
		return nil, i, from.err // not the picture's fault
	case errors.Is(err, ErrDamaged):
		return nil, i, err
	case isUnsupported(err):
		return nil, i, fmt.Errorf("%w: a %s of a rare sort (%w)", ErrForeign, i.Kind, err)
	case err != nil:
		return nil, i, damaged("%v", err)
	case m.Bounds().Dx() != i.Width || m.Bounds().Dy() != i.Height:
		return nil, i, damaged("its headers contradict each other")
	}
	return upright(m, i.Orientation), i, nil
}

// isUnsupported reports a file that its decoder understands and can not decode.
func isUnsupported(err error) bool {
	_, isPNG := errors.AsType[png.UnsupportedError](err)
	_, isJPEG := errors.AsType[jpeg.UnsupportedError](err)
	return isPNG || isJPEG || errors.Is(err, bmp.ErrUnsupported)
}

// decodeKind runs the format's decoder. A panic in one of them would be a fault
// of it that a hostile file has found; that file is damaged then, no more.
func decodeKind(r io.Reader, s source, i Info) (m image.Image, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			m, err = nil, damaged("it can not be decoded (%v)", fault)
		}
	}()
	switch i.Kind {
	case PNG:
		return png.Decode(r)
	case JPEG:
		return jpeg.Decode(r)
	case WebP:
		if i.Animated {
			return decodeFirstFrame(s, i)
		}
		return decodeWebP(r, s, i)
	case GIF:
		return decodeGIF(r, i)
	case BMP:
		return bmp.Decode(r)
	}
	return nil, foreign(i.Kind)
}

// decodeGIF puts the first frame, which may be a part, onto the whole.
func decodeGIF(r io.Reader, i Info) (image.Image, error) {
	m, err := gif.Decode(r)
	if err != nil || m.Bounds() == image.Rect(0, 0, i.Width, i.Height) {
		return m, err
	}
	whole := image.NewNRGBA(image.Rect(0, 0, i.Width, i.Height))
	draw.Draw(whole, m.Bounds(), m, m.Bounds().Min, draw.Src)
	return whole, nil
}

// bounded reads until the context ends, and remembers an error that is not the
// end of the file.
type bounded struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		b.err = err
		return 0, err
	}
	n, err := b.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}
