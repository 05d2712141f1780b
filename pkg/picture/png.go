package picture

import (
	"encoding/binary"
	"iter"
)

const pngMagic = 8 // bytes before the first chunk

// chunk is a part of a PNG or WebP file with its header, and checksum or
// padding.
type chunk struct {
	name   string
	at     int64 // of its header
	n      int64 // all of it
	body   int64 // where its content begins
	length int64 // of its content
}

func (c chunk) end() int64 { return c.at + c.n }

// pngChunks yields a PNG's chunks up to and with IEND. An error ends it.
func (s source) pngChunks() iter.Seq2[chunk, error] {
	return func(yield func(chunk, error) bool) {
		for at := int64(pngMagic); ; {
			head, err := s.bytes(at, 8)
			if err != nil {
				yield(chunk{}, err)
				return
			}
			length := int64(binary.BigEndian.Uint32(head))
			c := chunk{name: string(head[4:8]), at: at, n: length + 12, body: at + 8, length: length}
			if c.end() > s.size {
				yield(chunk{}, damaged("it ends too early"))
				return
			}
			if !yield(c, nil) || c.name == "IEND" {
				return
			}
			at = c.end()
		}
	}
}

// Colour types of PNG (PNG specification, 11.2.1).
const (
	pngGray      = 0
	pngRGB       = 2
	pngPalette   = 3
	pngGrayAlpha = 4
	pngRGBA      = 6
)

func (i *Info) readPNG(s source) error {
	first := true
	for c, err := range s.pngChunks() {
		switch {
		case err != nil:
			return err
		case first != (c.name == "IHDR"):
			return damaged("its header is missing or repeated")
		case first:
			if err := i.readIHDR(s, c); err != nil {
				return err
			}
		case c.name == "acTL":
			i.Animated = true
		case c.name == "tRNS":
			i.Alpha, i.Keyed = true, true
		case c.name == "eXIf":
			block, err := s.bytes(c.body, min(c.length, maxEXIF))
			if err != nil {
				return err
			}
			i.Orientation = orientation(block)
		}
		first = false
	}
	return nil
}

func (i *Info) readIHDR(s source, c chunk) error {
	if c.length != 13 {
		return damaged("its header is broken")
	}
	b, err := s.bytes(c.body, c.length)
	if err != nil {
		return err
	}
	width, height := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if width > 1<<30 || height > 1<<30 {
		return damaged("its header is broken")
	}
	i.Width, i.Height, i.Depth = int(width), int(height), int(b[8])
	depth, color, interlaced := b[8], b[9], b[12] != 0
	i.Alpha = color == pngGrayAlpha || color == pngRGBA
	pixel := pngPixel(depth, color)
	if interlaced {
		pixel += pixel/2 + 1 // the largest pass lies beside the whole
	}
	i.Memory = pixel * int64(width) * int64(height)
	// Deflate makes nothing smaller than a thousandth (RFC 1951 allows 1032:1).
	if i.Memory/12/1100 > s.size {
		return damaged("it claims %d × %d pixels and has %d bytes", width, height, s.size)
	}
	return nil
}

// pngPixel is the bytes that a pixel takes when it is decoded and, where it has
// not 8 bits a channel then, brought to these.
func pngPixel(depth, color byte) int64 {
	switch {
	case depth == 16:
		return 8 + 4
	case color == pngPalette:
		return 1 + 4
	}
	return 4
}
