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
// else as PNG. ErrNoFit where the limit does not suffice.
func Plain(ctx context.Context, m image.Image, r io.ReaderAt, size int64, k Kind, limit int64) ([]byte, Kind, error) {
	if k != JPEG {
		data, err := EncodePNG(ctx, m, limit)
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
