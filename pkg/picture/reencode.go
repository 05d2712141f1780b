package picture

import (
	"context"
	"errors"
	"image"
	"io"
)

// uprightQuality is that of a JPEG that had to be turned.
const uprightQuality = 95

// Plain encodes a decoded picture file anew, upright and without metadata, in
// at most limit bytes: what was a JPEG as a JPEG with its colour profile, all
// else as PNG of 8 bits a channel whose transparency is in its pixels. ErrNoFit
// where the limit does not suffice.
func Plain(ctx context.Context, m image.Image, r io.ReaderAt, size int64, k Kind, limit int64) ([]byte, Kind, error) {
	if k != JPEG {
		data, err := EncodePNG(ctx, common(m), limit)
		return data, PNG, err
	}
	if _, ok := m.(*image.YCbCr); !ok {
		m = straight(m)
	}
	profile := newSource(r, size).carried(JPEG, false, limit/4)
	w := &capped{ctx: ctx, limit: limit - int64(len(profile))}
	err := encodeJPEG(w, m, uprightQuality)
	if errors.Is(err, errOver) {
		return nil, JPEG, ErrNoFit
	}
	return insert(w.data, JPEG, JPEG, profile), JPEG, err
}

// common gives a picture in a form that every program reads alike, of 8 bits a
// channel and with its transparency in the pixels: Pillow clips grey of 16 bits
// at 255, and does not count transparency beside the pixels as a channel.
func common(m image.Image) image.Image {
	switch m := m.(type) {
	case *image.Gray16:
		out := image.NewGray(m.Rect)
		for y := range m.Rect.Dy() {
			from, to := m.Pix[y*m.Stride:], out.Pix[y*out.Stride:][:m.Rect.Dx()]
			for x := range to {
				to[x] = from[2*x] // the upper byte
			}
		}
		return out
	case *image.Gray, *image.NRGBA, *image.RGBA:
		return m
	case *image.Paletted:
		if m.Opaque() {
			return m
		}
	}
	return straight(m) // image/png writes 16 bits for what it does not know
}
