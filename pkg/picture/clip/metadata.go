package clip

import (
	"encoding/binary"
	"io"

	"discomfy/pkg/picture"
)

// Metadata gives the edits that blank what a video, sound or model file says
// about its making: texts (ComfyUI writes prompt and graph there), tags,
// attached covers. They are overwritten in their place with the format's own
// filler, so that nothing else in the file moves. What plays stays as it is.
// Other kinds are ErrUnknown.
func Metadata(r io.ReaderAt, size int64) ([]picture.Edit, error) {
	f := &file{r: r, size: max(size, 0)}
	head, err := f.head()
	if err != nil {
		return nil, err
	}
	switch picture.Sniff(head) {
	case picture.MP4, picture.MOV, picture.M4A:
		return f.movieMetadata()
	case picture.WebM, picture.Matroska:
		return f.matroskaMetadata()
	case picture.WAV, picture.AVI:
		return f.riffMetadata()
	case picture.FLAC:
		return f.flacMetadata()
	case picture.MP3:
		return f.mp3Metadata()
	case picture.Ogg:
		return f.oggMetadata()
	case picture.GLB:
		return f.glbMetadata()
	}
	return nil, ErrUnknown
}

// renamed gives a part another name and zeros for content.
func renamed(at int64, name string, body, end int64) []picture.Edit {
	return []picture.Edit{{At: at, N: int64(len(name)), With: []byte(name)}, {At: body, N: end - body, Zero: true}}
}

// movieMetadata blanks user data, item lists and private boxes, of the file and
// of its tracks, and what free space may hold.
func (f *file) movieMetadata() ([]picture.Edit, error) {
	return f.movieBoxes(box{end: f.size}, 0)
}

func (f *file) movieBoxes(parent box, depth int) ([]picture.Edit, error) {
	var edits []picture.Edit
	for b, err := range f.boxes(parent.body, parent.end) {
		if err != nil {
			return nil, err
		}
		switch b.name {
		case "udta", "meta", "uuid", "free", "skip":
			edits = append(edits, renamed(b.at+4, "free", b.body, b.end)...)
		case "moov", "trak", "moof", "traf":
			if depth < 2 {
				inner, err := f.movieBoxes(b, depth+1)
				if err != nil {
					return nil, err
				}
				edits = append(edits, inner...)
			}
		}
	}
	return edits, nil
}

// matroskaMetadata turns tags and attachments into void elements.
func (f *file) matroskaMetadata() ([]picture.Edit, error) {
	var edits []picture.Edit
	for e, err := range f.elements(0, f.size, func(e element) bool { return e.id == idSegment }) {
		if err != nil {
			return nil, err
		}
		if e.id == idTags || e.id == idAttachments {
			edits = append(edits, void(e.at, e.end)...)
		}
	}
	return edits, nil
}

// void fills a place of at least two bytes.
func void(at, end int64) []picture.Edit {
	header := []byte{idVoid, byte(0x80 | (end - at - 2))}
	if end-at >= 9 {
		header = binary.BigEndian.AppendUint64([]byte{idVoid}, 1<<56|uint64(end-at-9))
	}
	n := int64(len(header))
	return []picture.Edit{{At: at, N: n, With: header}, {At: at + n, N: end - at - n, Zero: true}}
}

// riffMetadata turns lists of texts and tags into junk, whose name that is.
func (f *file) riffMetadata() ([]picture.Edit, error) {
	var edits []picture.Edit
	for at := int64(12); at+8 <= f.size; {
		head, err := f.bytes(at, min(12, f.size-at))
		if err != nil {
			return nil, err
		}
		end := at + 8 + int64(binary.LittleEndian.Uint32(head[4:]))
		name, list := string(head[:4]), string(head[8:])
		if name == "bext" || name == "id3 " || name == "ID3 " || name == "iXML" || name == "LIST" && list == "INFO" {
			edits = append(edits, renamed(at, "JUNK", at+8, min(end, f.size))...)
		}
		at = end + end%2
	}
	return edits, nil
}

// flacMetadata turns comments, pictures and application blocks into padding
// (RFC 9639, 8).
func (f *file) flacMetadata() ([]picture.Edit, error) {
	const padding, application, comment, cover = 1, 2, 4, 6
	var edits []picture.Edit
	for at := int64(4); ; {
		head, err := f.bytes(at, 4)
		if err != nil {
			return nil, err
		}
		length := int64(head[1])<<16 | int64(head[2])<<8 | int64(head[3])
		if _, err := f.bytes(at+4+length, 0); err != nil {
			return nil, err
		}
		switch head[0] & 0x7f {
		case application, comment, cover:
			edits = append(edits, renamed(at, string([]byte{head[0]&0x80 | padding}), at+4, at+4+length)...)
		}
		if at += 4 + length; head[0]&0x80 != 0 {
			return edits, nil
		}
	}
}

// mp3Metadata removes the ID3 tags at the beginning and the end.
func (f *file) mp3Metadata() ([]picture.Edit, error) {
	var edits []picture.Edit
	head, err := f.bytes(0, min(10, f.size))
	if err != nil {
		return nil, err
	}
	first := int64(0)
	if len(head) == 10 && string(head[:3]) == "ID3" {
		first = 10 + (int64(head[6]&0x7f)<<21 | int64(head[7]&0x7f)<<14 | int64(head[8]&0x7f)<<7 | int64(head[9]&0x7f))
		if head[5]&0x10 != 0 {
			first += 10 // a footer
		}
		if _, err := f.bytes(first, 0); err != nil {
			return nil, err
		}
		edits = append(edits, picture.Edit{N: first})
	}
	const last = 128 // bytes of the old form
	if f.size >= first+last {
		tail, err := f.bytes(f.size-last, 3)
		if err != nil {
			return nil, err
		}
		if string(tail) == "TAG" {
			edits = append(edits, picture.Edit{At: f.size - last, N: last})
		}
	}
	return edits, nil
}
