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
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	row := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1))
	narrow, sum := make([]float32, 4*width), make([]float32, 4*width)
	step := float64(b.Dy()) / float64(height)
	y := 0 // of the result
	for from := range b.Dy() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		draw.Draw(row, row.Rect, m, image.Pt(b.Min.X, b.Min.Y+from), draw.Src)
		narrowRow(row.Pix, narrow, b.Dx(), width)
		for rest := 1.0; rest > 1e-9 && y < height; {
			part := min(rest, step*float64(y+1)-float64(from+1)+rest)
			add(sum, narrow, float32(part/step))
			if rest -= part; step*float64(y+1) <= float64(from+1)-rest+1e-9 {
				store(out.Pix[y*out.Stride:], sum)
				y++
			}
		}
	}
	if y < height { // what rounding left over
		store(out.Pix[y*out.Stride:], sum)
	}
	return multiplied(out), nil
}

// narrowRow averages a row of n pixels into one of width.
func narrowRow(row []uint8, out []float32, n, width int) {
	clear(out)
	step := float64(n) / float64(width)
	x, end := 0, step
	for from := range n {
		px := row[4*from:][:4]
		rest := 1.0
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

func add(to, from []float32, weight float32) {
	for i, v := range from {
		to[i] += v * weight
	}
}

// store rounds the sums into a row and clears them.
func store(row []uint8, sum []float32) {
	for i, v := range sum {
		row[i] = uint8(min(v+0.5, 255))
	}
	clear(sum)
}

// multiplied takes the alpha out of the colours, in place.
func multiplied(m *image.RGBA) *image.NRGBA {
	for i := 0; i < len(m.Pix); i += 4 {
		if a := uint32(m.Pix[i+3]); a != 255 && a != 0 {
			for c := range 3 {
				m.Pix[i+c] = uint8(min((uint32(m.Pix[i+c])*255+a/2)/a, 255))
			}
		}
	}
	return &image.NRGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
}

// within gives the largest size of the same shape whose sides are at most the
// given share (0 to 1) of the original's, and at least a pixel.
func within(b image.Rectangle, share float64) (width, height int) {
	return max(1, int(float64(b.Dx())*share)), max(1, int(float64(b.Dy())*share))
}
