package picture

import (
	"image"
	"image/color"
	"image/draw"
)

// straight gives a picture's pixels as 8-bit RGBA whose colours are not
// multiplied with the alpha, so that colours under full transparency survive:
// repainting starts from them. It shares memory with m where it can.
func straight(m image.Image) *image.NRGBA {
	switch m := m.(type) {
	case *image.NRGBA:
		return m
	case *image.RGBA:
		if m.Opaque() {
			return &image.NRGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
		}
	case *image.NRGBA64:
		return fromNRGBA64(m)
	case *image.Paletted:
		return fromPaletted(m)
	case *image.NYCbCrA:
		return fromNYCbCrA(m)
	}
	if isOpaque(m) {
		out := image.NewRGBA(m.Bounds())
		draw.Draw(out, out.Rect, m, out.Rect.Min, draw.Src)
		return &image.NRGBA{Pix: out.Pix, Stride: out.Stride, Rect: out.Rect}
	}
	out := image.NewNRGBA(m.Bounds())
	draw.Draw(out, out.Rect, m, out.Rect.Min, draw.Src)
	return out
}

func fromNRGBA64(m *image.NRGBA64) *image.NRGBA {
	out := image.NewNRGBA(m.Rect)
	for y := range m.Rect.Dy() {
		from, to := m.Pix[y*m.Stride:], out.Pix[y*out.Stride:][:4*m.Rect.Dx()]
		for x := range to {
			to[x] = from[2*x] // the upper byte of each
		}
	}
	return out
}

func fromPaletted(m *image.Paletted) *image.NRGBA {
	out := image.NewNRGBA(m.Rect)
	colors := make([]color.NRGBA, 256) // an index may lie outside of a short palette
	for i, c := range m.Palette {
		colors[i], _ = color.NRGBAModel.Convert(c).(color.NRGBA)
	}
	for y := range m.Rect.Dy() {
		from, to := m.Pix[y*m.Stride:][:m.Rect.Dx()], out.Pix[y*out.Stride:]
		for x, index := range from {
			c := colors[index]
			to[4*x], to[4*x+1], to[4*x+2], to[4*x+3] = c.R, c.G, c.B, c.A
		}
	}
	return out
}

func fromNYCbCrA(m *image.NYCbCrA) *image.NRGBA {
	out := image.NewNRGBA(m.Rect)
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
			c := m.YCbCrAt(x, y)
			r, g, b := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
			out.SetNRGBA(x, y, color.NRGBA{r, g, b, m.A[m.AOffset(x, y)]})
		}
	}
	return out
}

// IsOpaque reports whether no pixel is transparent.
func IsOpaque(m image.Image) bool { return isOpaque(m) }

// isOpaque looks at all pixels where the type does not tell.
func isOpaque(m image.Image) bool {
	if o, ok := m.(interface{ Opaque() bool }); ok {
		return o.Opaque()
	}
	return false
}

// isLossy reports a picture that came from a lossy format, which keeping
// every bit only makes larger.
func isLossy(m image.Image) bool {
	switch m.(type) {
	case *image.YCbCr, *image.NYCbCrA, *image.CMYK:
		return true
	}
	return false
}

// flatten puts white under the picture, in place.
func flatten(m *image.NRGBA) {
	for y := range m.Rect.Dy() {
		row := m.Pix[y*m.Stride:][:4*m.Rect.Dx()]
		for x := 0; x < len(row); x += 4 {
			a := uint32(row[x+3])
			if a == 255 {
				continue
			}
			for c := range 3 {
				row[x+c] = uint8((uint32(row[x+c])*a + 255*(255-a) + 127) / 255)
			}
			row[x+3] = 255
		}
	}
}
