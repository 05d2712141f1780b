package comfysim

import (
	"encoding/binary"
	"image"
)

// encodeWebP writes a lossless WebP without compression: every channel's codes are eight bits long. It exists
// because /view converts to WebP and there is no encoder in pure Go that is worth a dependency.
func encodeWebP(img *image.NRGBA) []byte {
	w := &bitWriter{out: []byte{0x2f}}
	width, height := min(img.Rect.Dx(), 1<<14), min(img.Rect.Dy(), 1<<14)
	w.write(uint32(width-1), 14)
	w.write(uint32(height-1), 14)
	w.write(1, 1) // alpha is used
	w.write(0, 3) // version
	w.write(0, 1) // no transform
	w.write(0, 1) // no colour cache
	w.write(0, 1) // one group of prefix codes
	w.flatCode(256 + 24)
	for range 3 {
		w.flatCode(256)
	}
	w.write(1, 1) // distances: a simple code,
	w.write(0, 1) // of one symbol,
	w.write(0, 1) // of one bit,
	w.write(0, 1) // zero
	for y := range height {
		for x := range width {
			c := img.NRGBAAt(x, y)
			for _, v := range []uint8{c.G, c.R, c.B, c.A} {
				w.write(uint32(reverse(v)), 8)
			}
		}
	}
	return riff(w.bytes())
}

func riff(data []byte) []byte {
	padding := len(data) % 2
	out := []byte("RIFF")
	out = binary.LittleEndian.AppendUint32(out, uint32(4+8+len(data)+padding))
	out = append(out, "WEBPVP8L"...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(data)))
	out = append(out, data...)
	return append(out, make([]byte, padding)...)
}

// reverse turns a code around: prefix codes are read from their most significant bit, other values from the least.
func reverse(v uint8) (r uint8) {
	for i := range 8 {
		r |= (v >> i & 1) << (7 - i)
	}
	return r
}

// bitWriter packs bits, the least significant first.
type bitWriter struct {
	out  []byte
	word uint64
	bits int
}

func (w *bitWriter) write(v uint32, n int) {
	w.word |= uint64(v) << w.bits
	for w.bits += n; w.bits >= 8; w.bits -= 8 {
		w.out = append(w.out, byte(w.word))
		w.word >>= 8
	}
}

func (w *bitWriter) bytes() []byte {
	if w.bits > 0 {
		w.write(0, 8-w.bits)
	}
	return w.out
}

// flatCode writes a prefix code that gives eight bits to each of the first 256 symbols and none to the rest. The
// lengths are themselves coded, by a code of one bit for the two lengths used: 0 and 8.
func (w *bitWriter) flatCode(symbols int) {
	w.write(0, 1) // not a simple code
	// Code lengths of the length symbols come in the order 17 18 0 1 2 3 4 5 16 6 7 8: twelve of them reach 8.
	w.write(12-4, 4)
	for _, symbol := range []int{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8} {
		length := uint32(0)
		if symbol == 0 || symbol == 8 {
			length = 1
		}
		w.write(length, 3)
	}
	w.write(0, 1) // lengths for all symbols follow
	for i := range symbols {
		if i < 256 {
			w.write(1, 1) // the code of 8, the larger symbol
		} else {
			w.write(0, 1)
		}
	}
}
