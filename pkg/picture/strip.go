package picture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// Metadata gives the edits that cut everything out of a picture file that does
// not change how it looks: texts (ComfyUI keeps prompt and graph there), EXIF,
// XMP, comments, thumbnails, and whatever follows the picture's end. Pixels,
// animation and colour profile stay. The orientation is lost with EXIF: a
// picture whose Info.Orientation is not 1 has to be turned instead.
//
// The error wraps ErrForeign for everything but PNG, JPEG, WebP, GIF and BMP.
func Metadata(r io.ReaderAt, size int64) ([]Edit, error) {
	s := newSource(r, size)
	kind, err := s.sniff()
	if err != nil {
		return nil, err
	}
	switch kind {
	case PNG:
		return s.pngMetadata()
	case JPEG:
		return s.jpegMetadata()
	case WebP:
		return s.webpMetadata()
	case GIF:
		return s.gifMetadata()
	case BMP:
		return nil, nil // it has no place for any
	}
	return nil, foreign(kind)
}

// shows reports whether a PNG chunk is needed to show the picture as it is
// (PNG specification, 4.7 and 11; those of animations among them).
func shows(name string) bool {
	switch name {
	case "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "cICP", "mDCV", "cLLI",
		"bKGD", "pHYs", "acTL", "fcTL", "fdAT":
		return true
	}
	return false
}

func (s source) pngMetadata() ([]Edit, error) {
	var edits []Edit
	end := int64(0)
	for c, err := range s.pngChunks() {
		if err != nil {
			return nil, err
		}
		if !shows(c.name) {
			edits = append(edits, Edit{At: c.at, N: c.n})
		}
		end = c.end()
	}
	return s.cutFrom(end, edits), nil
}

// cutFrom removes what follows the end of the picture, such as a second
// picture or a film that a phone has added.
func (s source) cutFrom(end int64, edits []Edit) []Edit {
	if end < s.size {
		edits = append(edits, Edit{At: end, N: s.size - end})
	}
	return edits
}

func (s source) jpegMetadata() ([]Edit, error) {
	var edits []Edit
	for at := int64(2); ; {
		seg, err := s.segmentAt(at)
		if err != nil {
			return nil, err
		}
		if s.isMetadata(seg) {
			edits = append(edits, Edit{At: seg.at, N: seg.n})
		}
		if at = seg.end(); seg.marker == markerEOI {
			return s.cutFrom(at, edits), nil
		}
		if seg.marker == markerSOS {
			if at, err = s.skipScan(at); err != nil {
				return nil, err
			}
		}
	}
}

// isMetadata keeps of the application segments the one that names the colours
// (Adobe) and the colour profile; JFIF's may hold a thumbnail.
func (s source) isMetadata(seg segment) bool {
	switch {
	case seg.marker == markerCOM:
		return true
	case seg.marker < markerAPP0 || seg.marker > markerAPPF || seg.marker == markerAPPE:
		return false
	case seg.marker == markerAPP0:
		return seg.n > 18
	case seg.marker == markerAPP2:
		return !s.isProfile(seg)
	}
	return true
}

func (s source) isProfile(seg segment) bool {
	const name = "ICC_PROFILE\x00"
	head, err := s.bytes(seg.body(), min(int64(len(name)), seg.n-4))
	return err == nil && string(head) == name
}

// skipScan gives the place of the first marker behind entropy-coded data: one
// that is neither a stuffed byte nor a restart.
func (s source) skipScan(at int64) (int64, error) {
	r := bufio.NewReaderSize(io.NewSectionReader(s.r, at, s.size-at), 32<<10)
	for ff := false; ; at++ {
		b, err := r.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return 0, damaged("it ends too early")
		case err != nil:
			return 0, err
		case ff && b != 0 && b != 0xff && (b < markerRST0 || b > markerRST7):
			return at - 1, nil
		}
		ff = b == 0xff
	}
}

func (s source) webpMetadata() ([]Edit, error) {
	var edits []Edit
	end, size := int64(riffHead), int64(4)
	extended := int64(0)
	for c, err := range s.webpChunks() {
		if err != nil {
			return nil, err
		}
		switch c.name {
		case "VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP":
			size += c.n
		default:
			edits = append(edits, Edit{At: c.at, N: c.n})
		}
		if c.name == "VP8X" && c.length == vp8xLength {
			extended = c.body
		}
		end = c.end()
	}
	edits = s.cutFrom(end, edits)
	if len(edits) == 0 {
		return nil, nil
	}
	edits = append(edits, Edit{At: 4, N: 4, With: binary.LittleEndian.AppendUint32(nil, uint32(size))})
	if extended > 0 {
		flags, err := s.bytes(extended, 1)
		if err != nil {
			return nil, err
		}
		edits = append(edits, Edit{At: extended, N: 1, With: []byte{flags[0] &^ (flagEXIF | flagXMP)}})
	}
	return edits, nil
}

func (s source) gifMetadata() ([]Edit, error) {
	end, _, _, err := s.gifHeader()
	if err != nil {
		return nil, err
	}
	var edits []Edit
	for b, err := range s.gifBlocks(end) {
		if err != nil {
			return nil, err
		}
		// Extensions that show something: timing (f9), plain text (01), loops.
		loops := b.label == 0xff && (b.name == "NETSCAPE2.0" || b.name == "ANIMEXTS1.0")
		if b.kind == '!' && b.label != 0xf9 && b.label != 0x01 && !loops {
			edits = append(edits, Edit{At: b.at, N: b.n})
		}
		end = b.at + b.n
	}
	return s.cutFrom(end, edits), nil
}
