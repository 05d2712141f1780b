package picture

import (
	"compress/zlib"
	"context"
	"encoding/binary"
	"image"
	"io"
	"math"
)

// reducedPixels is how large a picture is left that is too large to be decoded
// as a whole.
const reducedPixels = 24 << 20

// maxReducedSide bounds the sides of such a picture: a few rows of it lie in
// memory.
const maxReducedSide = 1 << 17

// maxChunks bounds in how many pieces such a picture may lie.
const maxChunks = 1 << 20

// decodeReduced reads a PNG row by row and keeps a smaller picture, whatever its
// size. It takes half of the memory that the limits allow. It is false where the file is not of the usual sort: 8 or 16 bits, not
// interlaced.
func decodeReduced(ctx context.Context, s source, i Info, l Limits) (image.Image, bool, error) {
	if max(i.Width, i.Height) > maxReducedSide {
		return nil, false, nil
	}
	rows, ok, err := newPNGRows(ctx, s)
	if err != nil || !ok {
		return nil, false, err
	}
	most := min(reducedPixels, float64(l.WithDefaults().Memory/8))
	share := math.Sqrt(most / (float64(i.Width) * float64(i.Height)))
	width, height := within(image.Rect(0, 0, i.Width, i.Height), min(share, 1))
	r := newReducer(i.Width, i.Height, width, height)
	for range i.Height {
		row, err := rows.next()
		if err != nil {
			return nil, false, err
		}
		r.add(row)
	}
	return upright(r.result(), i.Orientation), true, nil
}

// pngRows reads a PNG's rows one after the other (PNG specification, 9 and
// 10).
type pngRows struct {
	ctx      context.Context
	pixels   io.Reader
	width    int
	bytes    int // of a pixel
	color    byte
	deep     bool // 16 bits a channel
	palette  [256][4]uint8
	now, was []byte // rows with their filter's number in front
	out      []uint8
}

func newPNGRows(ctx context.Context, s source) (*pngRows, bool, error) {
	var r *pngRows
	data := &idat{s: s}
	for c, err := range s.pngChunks() {
		if err != nil {
			return nil, false, err
		}
		switch c.name {
		case "IHDR":
			b, err := s.bytes(c.body, 13)
			if err != nil || (b[8] != 8 && b[8] != 16) || b[12] != 0 {
				return nil, false, err
			}
			r = &pngRows{ctx: ctx, width: int(binary.BigEndian.Uint32(b)), color: b[9], deep: b[8] == 16}
		case "PLTE", "tRNS":
			if err := r.readPalette(s, c); err != nil {
				return nil, false, err
			}
		case "IDAT":
			data.chunks = append(data.chunks, c)
		}
		if len(data.chunks) > maxChunks {
			return nil, false, nil
		}
	}
	if r == nil || !r.allocate() {
		return nil, false, nil
	}
	pixels, err := zlib.NewReader(data)
	if err != nil {
		return nil, false, damaged("%v", err)
	}
	r.pixels = pixels
	return r, true, nil
}

// allocate makes the rows; false for kinds of colours that are not read here.
func (r *pngRows) allocate() bool {
	channels := map[byte]int{pngGray: 1, pngRGB: 3, pngPalette: 1, pngGrayAlpha: 2, pngRGBA: 4}[r.color]
	if r.bytes = channels; r.deep {
		r.bytes *= 2
	}
	if channels == 0 || (r.deep && r.color == pngPalette) {
		return false
	}
	r.now, r.was = make([]byte, 1+r.width*r.bytes), make([]byte, 1+r.width*r.bytes)
	r.out = make([]uint8, 4*r.width)
	return true
}

// readPalette reads colours, or their alpha; a single transparent colour, which
// files without a palette may name, is shown as it is.
func (r *pngRows) readPalette(s source, c chunk) error {
	if r == nil || r.color != pngPalette {
		return nil
	}
	b, err := s.bytes(c.body, min(c.length, 3*256))
	if err != nil {
		return err
	}
	if c.name == "tRNS" {
		for i := range min(len(b), 256) {
			r.palette[i][3] = b[i]
		}
		return nil
	}
	for i := range len(b) / 3 {
		r.palette[i] = [4]uint8{b[3*i], b[3*i+1], b[3*i+2], 255}
	}
	return nil
}

// next gives the next row as RGBA whose colours are multiplied with the alpha.
// It is overwritten by the one after it.
func (r *pngRows) next() ([]uint8, error) {
	if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	r.now, r.was = r.was, r.now
	if _, err := io.ReadFull(r.pixels, r.now); err != nil {
		return nil, damaged("%v", err)
	}
	if !unfilter(r.now[0], r.now[1:], r.was[1:], r.bytes) {
		return nil, damaged("a row has an unknown filter")
	}
	for x := range r.width {
		c := r.pixel(r.now[1+x*r.bytes:])
		a := uint32(c[3])
		for i := range 3 {
			c[i] = uint8((uint32(c[i])*a + 127) / 255)
		}
		copy(r.out[4*x:], c[:])
	}
	return r.out, nil
}

// pixel takes the upper byte of each channel.
func (r *pngRows) pixel(b []byte) [4]uint8 {
	n := 1
	if r.deep {
		n = 2
	}
	switch r.color {
	case pngGray:
		return [4]uint8{b[0], b[0], b[0], 255}
	case pngGrayAlpha:
		return [4]uint8{b[0], b[0], b[0], b[n]}
	case pngRGB:
		return [4]uint8{b[0], b[n], b[2*n], 255}
	case pngRGBA:
		return [4]uint8{b[0], b[n], b[2*n], b[3*n]}
	}
	return r.palette[b[0]]
}

// unfilter undoes a row's filter, in place.
func unfilter(filter byte, now, was []byte, bytes int) bool {
	switch filter {
	case 0:
	case 1:
		for i := bytes; i < len(now); i++ {
			now[i] += now[i-bytes]
		}
	case 2:
		for i, up := range was {
			now[i] += up
		}
	case 3:
		for i, up := range was {
			left := 0
			if i >= bytes {
				left = int(now[i-bytes])
			}
			now[i] += uint8((left + int(up)) / 2)
		}
	case 4:
		for i, up := range was {
			left, corner := 0, 0
			if i >= bytes {
				left, corner = int(now[i-bytes]), int(was[i-bytes])
			}
			now[i] += paeth(left, int(up), corner)
		}
	default:
		return false
	}
	return true
}

// paeth chooses the neighbour that is nearest to left + up − corner.
func paeth(left, up, corner int) uint8 {
	a, b, c := abs(up-corner), abs(left-corner), abs(left+up-2*corner)
	switch {
	case a <= b && a <= c:
		return uint8(left)
	case b <= c:
		return uint8(up)
	}
	return uint8(corner)
}

func abs(n int) int { return max(n, -n) }

// idat reads the contents of the IDAT chunks as one.
type idat struct {
	s      source
	chunks []chunk
	read   int64 // of the first chunk
}

func (d *idat) Read(p []byte) (int, error) {
	for len(d.chunks) > 0 && d.read == d.chunks[0].length {
		d.chunks, d.read = d.chunks[1:], 0
	}
	if len(d.chunks) == 0 {
		return 0, io.EOF
	}
	c := d.chunks[0]
	n, err := d.s.r.ReadAt(p[:min(int64(len(p)), c.length-d.read)], c.body+d.read)
	d.read += int64(n)
	return n, err
}
