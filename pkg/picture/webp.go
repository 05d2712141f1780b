package picture

import (
	"encoding/binary"
	"iter"
)

const (
	riffHead   = 12 // "RIFF", size, "WEBP"
	webpHead   = 8  // of a chunk
	flagAnim   = 0x02
	flagXMP    = 0x04
	flagEXIF   = 0x08
	flagAlpha  = 0x10
	webpFrame  = 16 // bytes before the picture in an ANMF chunk
	vp8xLength = 10
)

// webpChunks yields the chunks of a WebP file.
func (s source) webpChunks() iter.Seq2[chunk, error] {
	return func(yield func(chunk, error) bool) {
		head, err := s.bytes(0, riffHead)
		if err != nil {
			yield(chunk{}, err)
			return
		}
		end := int64(binary.LittleEndian.Uint32(head[4:])) + 8
		if end > s.size {
			yield(chunk{}, damaged("it ends too early"))
			return
		}
		s.riffChunks(riffHead, end)(yield)
	}
}

// riffChunks yields the chunks between two places. The padding of the last one
// may be missing.
func (s source) riffChunks(at, end int64) iter.Seq2[chunk, error] {
	return func(yield func(chunk, error) bool) {
		for at+webpHead <= end {
			head, err := s.bytes(at, webpHead)
			if err != nil {
				yield(chunk{}, err)
				return
			}
			length := int64(binary.LittleEndian.Uint32(head[4:]))
			c := chunk{name: string(head[:4]), at: at, body: at + webpHead, length: length}
			if c.body+length > end {
				yield(chunk{}, damaged("it ends too early"))
				return
			}
			c.n = min(webpHead+length+length%2, end-at)
			if !yield(c, nil) {
				return
			}
			at = c.end()
		}
	}
}

func (i *Info) readWebP(s source) error {
	for c, err := range s.webpChunks() {
		if err != nil {
			return err
		}
		if err := i.readWebPChunk(s, c); err != nil {
			return err
		}
	}
	// Planes or pixels, and the decoder's own work beside them.
	i.Memory = 6 * int64(i.Width+15) * int64(i.Height+15)
	return nil
}

func (i *Info) readWebPChunk(s source, c chunk) error {
	switch c.name {
	case "VP8X", "VP8 ", "VP8L":
		b, err := s.bytes(c.body, min(c.length, vp8xLength))
		if err != nil {
			return err
		}
		return i.readWebPHeader(c, b)
	case "EXIF":
		b, err := s.bytes(c.body, min(c.length, maxEXIF))
		if err != nil {
			return err
		}
		i.Orientation = orientation(b)
	case "ANMF":
		i.Animated, i.Alpha = true, true // a frame may be smaller than the whole
	case "ALPH":
		i.plane = true
	}
	return nil
}

// readWebPHeader reads the size from the extended header or the bitstream's
// (WebP container specification; RFC 6386, 9.1; WebP lossless, 3).
func (i *Info) readWebPHeader(c chunk, b []byte) error {
	var width, height int
	switch name := c.name; {
	case name == "VP8X" && len(b) == vp8xLength:
		i.Alpha, i.extended = b[0]&flagAlpha != 0, c.body
		i.Animated = i.Animated || b[0]&flagAnim != 0
		width, height = 1+uint24(b[4:]), 1+uint24(b[7:])
	case name == "VP8 " && len(b) == vp8xLength && string(b[3:6]) == "\x9d\x01\x2a":
		width, height = int(binary.LittleEndian.Uint16(b[6:])&0x3fff), int(binary.LittleEndian.Uint16(b[8:])&0x3fff)
	case name == "VP8L" && len(b) >= 5 && b[0] == 0x2f:
		bits := binary.LittleEndian.Uint32(b[1:])
		i.Alpha = i.Alpha || bits>>28&1 != 0
		width, height = 1+int(bits&0x3fff), 1+int(bits>>14&0x3fff)
	default:
		return damaged("its header is broken")
	}
	i.Width, i.Height = max(i.Width, width), max(i.Height, height)
	return nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
