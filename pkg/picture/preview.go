package picture

import (
	"bytes"
	"context"
	"errors"
	"image"
)

// Bounds of a preview.
const (
	PreviewEdge  = 320    // pixels on the longer side
	PreviewBytes = 24_000 // 24 KB
)

// previewLimits bound what a preview is made of: what ComfyUI sends is at most
// 512 pixels wide unless someone has set more.
func previewLimits() Limits { return Limits{Pixels: 8 << 20, Memory: 64 << 20} }

// Preview makes a picture small enough to be sent again and again. What is
// small already stays as it is. The errors are those of Decode.
func Preview(ctx context.Context, data []byte) (Fitted, error) {
	r := bytes.NewReader(data)
	i, err := Inspect(r, int64(len(data)))
	if err != nil {
		return Fitted{}, err
	}
	if len(data) <= PreviewBytes && max(i.Width, i.Height) <= PreviewEdge && !i.Animated && (i.Kind == PNG || i.Kind == JPEG) {
		return Fitted{Data: data, Kind: i.Kind, Width: i.Width, Height: i.Height}, nil
	}
	m, _, err := Decode(ctx, r, int64(len(data)), previewLimits())
	if err != nil {
		return Fitted{}, err
	}
	return small(ctx, m)
}

// small makes a JPEG within the bounds of a preview.
func small(ctx context.Context, m image.Image) (Fitted, error) {
	f := fitting{ctx: ctx, limit: PreviewBytes, size: m.Bounds()}
	share := min(1, PreviewEdge/float64(max(f.size.Dx(), f.size.Dy())))
	for range mostScalings {
		w, h := within(f.size, share)
		n, err := shrink(ctx, m, w, h)
		if err != nil {
			return Fitted{}, err
		}
		flatten(n)
		for _, quality := range []int{85, 75, 60} {
			data, err := f.encode(n, jpegOf(quality), f.limit)
			if !errors.Is(err, errOver) {
				return f.fitted(n, data, JPEG, quality), err
			}
		}
		share *= 0.75
	}
	return Fitted{}, ErrNoFit
}
