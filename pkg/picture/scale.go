package picture

import (
	"context"
	"image"
	"image/draw"
)

// shrink makes a picture smaller by averaging the area that becomes a pixel,
// transparent ones counting for less. It takes a few rows of memory beside the
// result: the kernels of x/image/draw take 32 bytes for each source row and
// column of the result, a quarter of a gigabyte for 4096² to 2048².
func shrink(ctx context.Context, m image.Image, width, height int) (*image.NRGBA, error) {
	b := m.Bounds()
	r := newReducer(b.Dx(), b.Dy(), width, height)
	row := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1))
	for y := range b.Dy() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		draw.Draw(row, row.Rect, m, image.Pt(b.Min.X, b.Min.Y+y), draw.Src)
		r.add(row.Pix)
	}
	return r.result(), nil
}

// reducer averages rows as they come into a smaller picture.
type reducer struct {
	from   image.Point // size of the original
	out    *image.RGBA
	narrow []float32 // the row, averaged in its direction
	sum    []float32 // of rows, for the row of the result that is being made
	step   float64   // rows of the original for one of the result
	row, y int       // rows that came and that were made
}

func newReducer(fromWidth, fromHeight, width, height int) *reducer {
	return &reducer{
		from: image.Pt(fromWidth, fromHeight), out: image.NewRGBA(image.Rect(0, 0, width, height)),
		narrow: make([]float32, 4*width), sum: make([]float32, 4*width), step: float64(fromHeight) / float64(height),
	}
}

// add takes the next row, of RGBA whose colours are multiplied with the alpha.
// A row may belong to two of the result, in parts.
func (r *reducer) add(pix []uint8) {
	narrowRow(pix, r.narrow, r.from.X, r.out.Rect.Dx())
	r.row++
	bottom, rest := float64(r.row), 1.0
	for rest > 1e-9 && r.y < r.out.Rect.Dy() {
		end := r.step * float64(r.y+1)
		part := min(rest, end-(bottom-rest))
		r.weigh(float32(part / r.step))
		if rest -= part; end <= bottom-rest+1e-9 {
			r.store()
		}
	}
}

func (r *reducer) weigh(weight float32) {
	for i, v := range r.narrow {
		r.sum[i] += v * weight
	}
}

// store rounds the sums into a row of the result.
func (r *reducer) store() {
	to := r.out.Pix[r.y*r.out.Stride:]
	for i, v := range r.sum {
		to[i] = uint8(min(v+0.5, 255))
	}
	clear(r.sum)
	r.y++
}

// result is the picture, after all rows; rounding may have kept the last one
// back.
func (r *reducer) result() *image.NRGBA {
	if r.y < r.out.Rect.Dy() {
		r.store()
	}
	return divided(r.out)
}

// narrowRow averages a row of n pixels into one of width.
func narrowRow(row []uint8, out []float32, n, width int) {
	clear(out)
	step := float64(n) / float64(width)
	x, end := 0, step
	for from := range n {
		px, rest := row[4*from:][:4], 1.0
		for x < width-1 && end < float64(from+1) {
			part := end - float64(from+1) + rest
			addPixel(out[4*x:], px, float32(part/step))
			rest -= part
			x++
			end = step * float64(x+1)
		}
		addPixel(out[4*x:], px, float32(rest/step))
	}
}

func addPixel(to []float32, px []uint8, weight float32) {
	_, _ = to[3], px[3]
	to[0] += float32(px[0]) * weight
	to[1] += float32(px[1]) * weight
	to[2] += float32(px[2]) * weight
	to[3] += float32(px[3]) * weight
}

// divided takes the alpha out of the colours, in place.
func divided(m *image.RGBA) *image.NRGBA {
	for i := 0; i < len(m.Pix); i += 4 {
		if a := uint32(m.Pix[i+3]); a != 255 && a != 0 {
			for c := range 3 {
				m.Pix[i+c] = uint8(min((uint32(m.Pix[i+c])*255+a/2)/a, 255))
			}
		}
	}
	return &image.NRGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
}

// within gives the size of the same shape whose sides are the given share (0 to
// 1) of the original's, and at least a pixel.
func within(b image.Rectangle, share float64) (width, height int) {
	return max(1, int(float64(b.Dx())*share)), max(1, int(float64(b.Dy())*share))
}
