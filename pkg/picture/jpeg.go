package picture

import (
	"encoding/binary"
	"iter"
)

// JPEG markers (ITU T.81, table B.1).
const (
	markerSOF0 = 0xc0
	markerSOF2 = 0xc2 // progressive
	markerDHT  = 0xc4
	markerJPG  = 0xc8
	markerDAC  = 0xcc
	markerRST0 = 0xd0
	markerRST7 = 0xd7
	markerSOI  = 0xd8
	markerEOI  = 0xd9
	markerSOS  = 0xda
	markerAPP0 = 0xe0
	markerAPP1 = 0xe1 // EXIF, XMP
	markerAPP2 = 0xe2 // colour profile, further pictures
	markerAPPE = 0xee // Adobe: how the colours are to be read
	markerAPPF = 0xef
	markerCOM  = 0xfe
	markerTEM  = 0x01
)

// segment is a part of a JPEG file with its marker.
type segment struct {
	marker byte
	at     int64
	n      int64 // with marker and length, without entropy-coded data
}

func (s segment) end() int64  { return s.at + s.n }
func (s segment) body() int64 { return s.at + 4 }

// jpegSegments yields the segments up to the first scan, SOS being the last.
func (s source) jpegSegments() iter.Seq2[segment, error] {
	return func(yield func(segment, error) bool) {
		for at := int64(2); ; {
			seg, err := s.segmentAt(at)
			if !yield(seg, err) || err != nil || seg.marker == markerSOS || seg.marker == markerEOI {
				return
			}
			at = seg.end()
		}
	}
}

// segmentAt reads the segment whose marker begins at the place or, as the
// standard allows, behind fill bytes there.
func (s source) segmentAt(at int64) (segment, error) {
	head, err := s.bytes(at, min(4, s.size-at))
	if err != nil {
		return segment{}, err
	}
	if len(head) < 2 || head[0] != 0xff {
		return segment{}, damaged("it is torn between its parts")
	}
	if head[1] == 0xff {
		return segment{marker: 0xff, at: at, n: 1}, nil
	}
	seg := segment{marker: head[1], at: at, n: 2}
	if m := seg.marker; m == markerTEM || (m >= markerRST0 && m <= markerEOI) {
		return seg, nil
	}
	if len(head) < 4 {
		return segment{}, damaged("it ends too early")
	}
	length := int64(binary.BigEndian.Uint16(head[2:]))
	if seg.n += length; length < 2 || seg.end() > s.size {
		return segment{}, damaged("it ends too early")
	}
	return seg, nil
}

func isSOF(marker byte) bool {
	return marker >= markerSOF0 && marker <= 0xcf && marker != markerDHT && marker != markerJPG && marker != markerDAC
}

func (i *Info) readJPEG(s source) error {
	for seg, err := range s.jpegSegments() {
		switch {
		case err != nil:
			return err
		case isSOF(seg.marker):
			if err := i.readSOF(s, seg); err != nil {
				return err
			}
		case seg.marker == markerAPP1 && i.Orientation == 1:
			block, err := s.bytes(seg.body(), seg.n-4)
			if err != nil {
				return err
			}
			i.Orientation = orientation(block)
		}
	}
	if i.Width == 0 {
		return damaged("its size is missing")
	}
	return nil
}

func (i *Info) readSOF(s source, seg segment) error {
	b, err := s.bytes(seg.body(), seg.n-4)
	if err != nil {
		return err
	}
	if len(b) < 6 || i.Width != 0 {
		return damaged("its header is broken")
	}
	i.Height, i.Width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	components := int64(b[5])
	pixel := components // at most: colours may be stored with fewer points
	if components == 4 {
		pixel = 3 * components // CMYK is made of planes, and becomes three colours
	}
	if seg.marker == markerSOF2 {
		pixel += 4 * components // the coefficients are kept as 32-bit numbers
	}
	i.Memory = pixel * int64(i.Width+15) * int64(i.Height+15)
	return nil
}
