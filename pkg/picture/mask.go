package picture

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math"
	"slices"
)

// ErrShape is returned when a mask has another shape than its picture.
var ErrShape = errors.New("the mask has another shape than the picture")

// Mask is white where a picture is transparent, black where it is not: what
// ComfyUI's LoadImage gives as the mask of what is to be painted anew.
func Mask(m image.Image) *image.Gray {
	n := straight(m)
	out := image.NewGray(image.Rect(0, 0, n.Rect.Dx(), n.Rect.Dy()))
	for y := range n.Rect.Dy() {
		row, to := n.Pix[y*n.Stride:], out.Pix[y*out.Stride:][:n.Rect.Dx()]
		for x := range to {
			to[x] = 255 - row[4*x+3]
		}
	}
	return out
}

// WithMask makes a picture transparent where the mask is white; what
// transparency it had goes. The colours stay everywhere. Of the mask its
// lightness counts, over black where it is transparent; it is scaled to the
// picture. Sides that differ by more than a fiftieth are ErrShape.
func WithMask(ctx context.Context, m, mask image.Image) (*image.NRGBA, error) {
	from := straight(m)
	w, h := from.Rect.Dx(), from.Rect.Dy()
	light, err := Lightness(ctx, mask, w, h)
	if err != nil {
		return nil, err
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		row, to, l := from.Pix[y*from.Stride:], out.Pix[y*out.Stride:], light.Pix[y*light.Stride:]
		for x := range w {
			copy(to[4*x:4*x+3], row[4*x:4*x+3])
			to[4*x+3] = 255 - l[x]
		}
	}
	return out, nil
}

// Lightness that is nearly black or white was meant to be: JPEG blurs it.
const (
	nearBlack = 12
	nearWhite = 255 - nearBlack
)

// Lightness is a mask in grey of the given size, over black where it is
// transparent. ErrShape as WithMask has it.
func Lightness(ctx context.Context, mask image.Image, width, height int) (*image.Gray, error) {
	if err := sameShape(image.Rect(0, 0, width, height), mask.Bounds()); err != nil {
		return nil, err
	}
	light, err := stretch(ctx, mask, width, height)
	if err != nil {
		return nil, err
	}
	for i, l := range light.Pix {
		switch {
		case l <= nearBlack:
			light.Pix[i] = 0
		case l >= nearWhite:
			light.Pix[i] = 255
		}
	}
	return light, nil
}

func sameShape(a, b image.Rectangle) error {
	if a.Empty() || b.Empty() {
		return ErrShape
	}
	ratio := float64(a.Dx()) * float64(b.Dy()) / (float64(a.Dy()) * float64(b.Dx()))
	if math.Abs(ratio-1) > 0.02 {
		return fmt.Errorf("%w: %d × %d against %d × %d pixels", ErrShape, b.Dx(), b.Dy(), a.Dx(), a.Dy())
	}
	return nil
}

// stretch gives the lightness of m at another size: averaged where it becomes
// smaller, the nearest pixel where it becomes larger, so that a hard edge stays
// one.
func stretch(ctx context.Context, m image.Image, width, height int) (*image.Gray, error) {
	if b := m.Bounds(); b.Dx() > width || b.Dy() > height {
		small, err := shrink(ctx, m, min(width, b.Dx()), min(height, b.Dy()))
		if err != nil {
			return nil, err
		}
		m = small
	}
	b := m.Bounds()
	row := image.NewGray(image.Rect(0, 0, b.Dx(), 1))
	out := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		grayRow(row, m, b.Min.Y+y*b.Dy()/height)
		to := out.Pix[y*out.Stride:][:width]
		for x := range to {
			to[x] = row.Pix[x*b.Dx()/width]
		}
	}
	return out, nil
}

// grayRow is a row's lightness over black.
func grayRow(row *image.Gray, m image.Image, y int) {
	line := image.NewRGBA(row.Rect)
	draw.Draw(line, line.Rect, m, image.Pt(m.Bounds().Min.X, y), draw.Src)
	for x := range row.Pix {
		px := line.Pix[4*x:]
		row.Pix[x] = uint8((299*uint32(px[0]) + 587*uint32(px[1]) + 114*uint32(px[2]) + 500) / 1000)
	}
}

// EncodePNG writes a picture as PNG of at most limit bytes; ErrNoFit where it
// has more.
func EncodePNG(ctx context.Context, m image.Image, limit int64) ([]byte, error) {
	w := &capped{ctx: ctx, limit: limit}
	err := encodePNG(w, m, png.DefaultCompression)
	if errors.Is(err, errOver) {
		return nil, ErrNoFit
	}
	return slices.Clip(w.data), err
}
