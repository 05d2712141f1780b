package picture

import (
	"encoding/binary"
	"iter"

	"golang.org/x/image/bmp"
)

// gifBlock is a part of a GIF file.
type gifBlock struct {
	kind  byte // ',' picture, '!' extension, ';' the end
	label byte // of an extension
	at, n int64
	name  string // of an application extension
}

// gifBlocks yields the blocks behind a GIF's header, whose length is given too
// (GIF89a, appendix B).
func (s source) gifBlocks(at int64) iter.Seq2[gifBlock, error] {
	return func(yield func(gifBlock, error) bool) {
		for {
			b, err := s.gifBlockAt(at)
			if !yield(b, err) || err != nil || b.kind == ';' {
				return
			}
			at += b.n
		}
	}
}

func (s source) gifBlockAt(at int64) (gifBlock, error) {
	head, err := s.bytes(at, min(14, s.size-at))
	if err != nil || len(head) == 0 {
		return gifBlock{}, damaged("it ends too early")
	}
	b := gifBlock{kind: head[0], at: at}
	var end int64
	switch {
	case b.kind == ';':
		b.n = 1
		return b, nil
	case b.kind == '!' && len(head) >= 3:
		b.label = head[1]
		if b.label == 0xff && head[2] == 11 && len(head) == 14 {
			b.name = string(head[3:14])
		}
		end, err = s.gifData(at + 2)
	case b.kind == ',' && len(head) >= 10:
		end, err = s.gifData(at + 10 + gifPalette(head[9]) + 1)
	default:
		return gifBlock{}, damaged("it is torn between its parts")
	}
	b.n = end - at
	return b, err
}

// gifData skips a sequence of sub-blocks and gives the place behind it.
func (s source) gifData(at int64) (int64, error) {
	var head [1]byte
	for {
		if n, err := s.r.ReadAt(head[:], at); n < 1 || at >= s.size {
			return 0, damaged("it ends too early (%v)", err)
		}
		at += 1 + int64(head[0])
		if head[0] == 0 {
			return at, nil
		}
	}
}

// gifPalette is the length of the palette that a flags byte announces.
func gifPalette(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// gifHeader gives the length of header and palette, and the screen's size.
func (s source) gifHeader() (end int64, width, height int, err error) {
	head, err := s.bytes(0, 13)
	if err != nil {
		return 0, 0, 0, err
	}
	return 13 + gifPalette(head[10]), int(binary.LittleEndian.Uint16(head[6:])), int(binary.LittleEndian.Uint16(head[8:])), nil
}

func (i *Info) readGIF(s source) error {
	end, width, height, err := s.gifHeader()
	if err != nil {
		return err
	}
	i.Width, i.Height = width, height
	i.Alpha = true                              // what no frame covers, if nothing else
	i.Memory = 5 * int64(width) * int64(height) // the frame and the whole
	frames := 0
	for b, err := range s.gifBlocks(end) {
		if err != nil {
			return err
		}
		if b.kind == ',' {
			frames++
		}
		if i.Animated = frames > 1; i.Animated {
			return nil
		}
	}
	return nil
}

func (i *Info) readBMP(s source) error {
	c, err := bmp.DecodeConfig(s.reader())
	if err != nil {
		return damaged("%v", err)
	}
	i.Width, i.Height = c.Width, c.Height
	i.Memory = 5 * int64(c.Width) * int64(c.Height)
	if i.Memory/5 > 8*s.size { // one bit a pixel at least; no compression is read here
		return damaged("it claims %d × %d pixels and has %d bytes", c.Width, c.Height, s.size)
	}
	i.Alpha = true // 32-bit files may have it
	return nil
}
