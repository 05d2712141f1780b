package picture

import (
	"bytes"
	"encoding/binary"
)

// maxEXIF bounds the EXIF block that is read for the orientation, in bytes. The
// tag stands in the first directory, near the block's beginning.
const maxEXIF = 64 << 10

const tagOrientation = 0x0112

// orientation finds the orientation in an EXIF block, which begins with a TIFF
// header or with "Exif\0\0" before it; 1 where there is none (EXIF 2.32, 4.6.4).
func orientation(block []byte) int {
	block = bytes.TrimPrefix(block, []byte("Exif\x00\x00"))
	order := byteOrder(block)
	if order == nil || order.Uint16(block[2:]) != 42 {
		return 1
	}
	at := uint64(order.Uint32(block[4:]))
	if at+2 > uint64(len(block)) {
		return 1
	}
	entries := block[at+2:]
	for range order.Uint16(block[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == tagOrientation {
			return validOrientation(int(order.Uint16(entries[8:])))
		}
		entries = entries[12:]
	}
	return 1
}

func byteOrder(block []byte) binary.ByteOrder {
	switch {
	case len(block) < 8:
		return nil
	case string(block[:2]) == "II":
		return binary.LittleEndian
	case string(block[:2]) == "MM":
		return binary.BigEndian
	}
	return nil
}

func validOrientation(o int) int {
	if o < 1 || o > 8 {
		return 1
	}
	return o
}
