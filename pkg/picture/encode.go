package picture

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
)

// errOver is returned when an encoder has written more than it may.
var errOver = errors.New("over the limit")

// capped keeps what an encoder writes, until it is too much or the context
// ends. With a keep of zero it only counts.
type capped struct {
	ctx   context.Context
	limit int64
	count bool
	n     int64
	data  []byte
}

func (c *capped) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	if c.n += int64(len(p)); c.n > c.limit {
		return 0, errOver
	}
	if !c.count {
		c.data = append(c.data, p...)
	}
	return len(p), nil
}

func encodePNG(w io.Writer, m image.Image, level png.CompressionLevel) error {
	return (&png.Encoder{CompressionLevel: level}).Encode(w, m)
}

func encodeJPEG(w io.Writer, m image.Image, quality int) error {
	return jpeg.Encode(w, quick(m), &jpeg.Options{Quality: quality})
}

// quick gives an opaque picture in a form that image/jpeg reads without a call
// for each pixel.
func quick(m image.Image) image.Image {
	if n, ok := m.(*image.NRGBA); ok {
		return &image.RGBA{Pix: n.Pix, Stride: n.Stride, Rect: n.Rect}
	}
	return m
}

// exact gives the form of the picture that has the same pixels and takes the
// fewest bytes as PNG: a palette of at most 256 colours, grey, or itself.
func exact(m *image.NRGBA, opaque bool) image.Image {
	if p := paletted(m); p != nil {
		return p
	}
	if !opaque {
		return m
	}
	if g := gray(m); g != nil {
		return g
	}
	return quick(m)
}

// paletted is nil where there are more than 256 colours.
func paletted(m *image.NRGBA) *image.Paletted {
	colors := map[color.NRGBA]uint8{}
	var palette color.Palette
	pix := make([]uint8, 0, m.Rect.Dx()) // grows only while the colours suffice
	last, index := color.NRGBA{}, -1
	for y := range m.Rect.Dy() {
		row := m.Pix[y*m.Stride:][:4*m.Rect.Dx()]
		for x := 0; x < len(row); x += 4 {
			c := color.NRGBA{row[x], row[x+1], row[x+2], row[x+3]}
			if c != last || index < 0 {
				known, ok := colors[c]
				if !ok {
					if len(palette) == 256 {
						return nil
					}
					known = uint8(len(palette))
					colors[c], palette = known, append(palette, c)
				}
				last, index = c, int(known)
			}
			pix = append(pix, uint8(index))
		}
	}
	return &image.Paletted{Pix: pix, Stride: m.Rect.Dx(), Rect: image.Rect(0, 0, m.Rect.Dx(), m.Rect.Dy()), Palette: palette}
}

// gray is nil where there is any colour.
func gray(m *image.NRGBA) *image.Gray {
	for y := range m.Rect.Dy() {
		row := m.Pix[y*m.Stride:][:4*m.Rect.Dx()]
		for x := 0; x < len(row); x += 4 {
			if row[x] != row[x+1] || row[x] != row[x+2] {
				return nil
			}
		}
	}
	out := image.NewGray(image.Rect(0, 0, m.Rect.Dx(), m.Rect.Dy()))
	for y := range m.Rect.Dy() {
		row, to := m.Pix[y*m.Stride:], out.Pix[y*out.Stride:][:m.Rect.Dx()]
		for x := range to {
			to[x] = row[4*x]
		}
	}
	return out
}
