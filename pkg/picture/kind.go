package picture

import (
	"bytes"
	"encoding/binary"
)

// Kind is what a file holds, by its bytes.
type Kind string

// The kinds that are recognised. Unknown is everything else.
const (
	Unknown  Kind = ""
	PNG      Kind = "PNG"
	JPEG     Kind = "JPEG"
	WebP     Kind = "WebP"
	GIF      Kind = "GIF"
	BMP      Kind = "BMP"
	AVIF     Kind = "AVIF"
	HEIC     Kind = "HEIC"
	TIFF     Kind = "TIFF"
	JPEGXL   Kind = "JPEG XL"
	MP4      Kind = "MP4"
	MOV      Kind = "QuickTime"
	WebM     Kind = "WebM"
	Matroska Kind = "Matroska"
	AVI      Kind = "AVI"
	M4A      Kind = "M4A"
	MP3      Kind = "MP3"
	FLAC     Kind = "FLAC"
	WAV      Kind = "WAV"
	Ogg      Kind = "Ogg"
	GLB      Kind = "glTF"
)

// SniffLen is how many of a file's first bytes Sniff looks at.
const SniffLen = 64

// facts are what is known of a kind.
type facts struct {
	media, ext string
	is         byte // 'p' picture that is read here, 'q' picture that is not, 'v' video, 'a' audio
}

func (k Kind) facts() facts {
	switch k {
	case PNG:
		return facts{"image/png", ".png", 'p'}
	case JPEG:
		return facts{"image/jpeg", ".jpg", 'p'}
	case WebP:
		return facts{"image/webp", ".webp", 'p'}
	case GIF:
		return facts{"image/gif", ".gif", 'p'}
	case BMP:
		return facts{"image/bmp", ".bmp", 'p'}
	case AVIF:
		return facts{"image/avif", ".avif", 'q'}
	case HEIC:
		return facts{"image/heic", ".heic", 'q'}
	case TIFF:
		return facts{"image/tiff", ".tiff", 'q'}
	case JPEGXL:
		return facts{"image/jxl", ".jxl", 'q'}
	}
	return k.playable()
}

func (k Kind) playable() facts {
	switch k {
	case MP4:
		return facts{"video/mp4", ".mp4", 'v'}
	case MOV:
		return facts{"video/quicktime", ".mov", 'v'}
	case WebM:
		return facts{"video/webm", ".webm", 'v'}
	case Matroska:
		return facts{"video/x-matroska", ".mkv", 'v'}
	case AVI:
		return facts{"video/x-msvideo", ".avi", 'v'}
	case M4A:
		return facts{"audio/mp4", ".m4a", 'a'}
	case MP3:
		return facts{"audio/mpeg", ".mp3", 'a'}
	case FLAC:
		return facts{"audio/flac", ".flac", 'a'}
	case WAV:
		return facts{"audio/wav", ".wav", 'a'}
	case Ogg:
		return facts{"audio/ogg", ".ogg", 'a'}
	case GLB:
		return facts{"model/gltf-binary", ".glb", 0}
	}
	return facts{"application/octet-stream", ".bin", 0}
}

// MediaType is the kind's media type.
func (k Kind) MediaType() string { return k.facts().media }

// Ext is the usual ending of the kind's file names, with its dot.
func (k Kind) Ext() string { return k.facts().ext }

// IsPicture reports a picture that this package decodes.
func (k Kind) IsPicture() bool { return k.facts().is == 'p' }

// IsForeignPicture reports a picture that this package can only name.
func (k Kind) IsForeignPicture() bool { return k.facts().is == 'q' }

// IsVideo reports a container of moving pictures.
func (k Kind) IsVideo() bool { return k.facts().is == 'v' }

// IsAudio reports a container of sound.
func (k Kind) IsAudio() bool { return k.facts().is == 'a' }

// Sniff recognises a file by its first bytes, of which SniffLen suffice.
func Sniff(head []byte) Kind {
	head = head[:min(len(head), SniffLen)]
	for _, m := range []struct {
		magic string
		kind  Kind
	}{
		{"\x89PNG\r\n\x1a\n", PNG}, {"\xff\xd8\xff", JPEG}, {"GIF87a", GIF}, {"GIF89a", GIF},
		{"II*\x00", TIFF}, {"MM\x00*", TIFF}, {"\xff\x0a", JPEGXL}, {"\x00\x00\x00\x0cJXL ", JPEGXL},
		{"fLaC", FLAC}, {"OggS", Ogg}, {"ID3", MP3}, {"glTF", GLB},
	} {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.kind
		}
	}
	switch {
	case len(head) < 12:
		return Unknown
	case string(head[:4]) == "RIFF":
		return sniffRIFF(string(head[8:12]))
	case string(head[4:8]) == "ftyp":
		return sniffBrands(head)
	case bytes.HasPrefix(head, []byte("\x1a\x45\xdf\xa3")):
		return sniffEBML(head)
	case isBMP(head):
		return BMP
	case isMP3Frame(head):
		return MP3
	}
	return sniffOldQuickTime(string(head[4:8]))
}

func sniffRIFF(form string) Kind {
	switch form {
	case "WEBP":
		return WebP
	case "WAVE":
		return WAV
	case "AVI ":
		return AVI
	}
	return Unknown
}

// sniffBrands reads an ISO base media file's brands: the major one, then those
// that it says to be compatible with.
func sniffBrands(head []byte) Kind {
	length := min(int(binary.BigEndian.Uint32(head)), len(head))
	picture := false
	for at := 8; at+4 <= length; at += 4 {
		if at == 12 {
			continue // the minor version
		}
		switch brand := string(head[at : at+4]); {
		case brand == "avif" || brand == "avis":
			return AVIF
		case brand == "heic" || brand == "heix" || brand == "hevc" || brand == "hevx" || brand == "heim" || brand == "heis":
			return HEIC
		case brand == "mif1" || brand == "msf1":
			picture = true
		case brand == "qt  " && at == 8:
			return MOV
		case (brand == "M4A " || brand == "M4B ") && at == 8:
			return M4A
		}
	}
	if picture {
		return HEIC
	}
	return MP4
}

func sniffEBML(head []byte) Kind {
	if bytes.Contains(head, []byte("\x42\x82\x84webm")) {
		return WebM
	}
	return Matroska
}

// isBMP looks for a header size that exists behind the two letters.
func isBMP(head []byte) bool {
	if string(head[:2]) != "BM" || len(head) < 18 {
		return false
	}
	switch binary.LittleEndian.Uint32(head[14:]) {
	case 12, 40, 52, 56, 64, 108, 124:
		return true
	}
	return false
}

// isMP3Frame reports an MPEG audio frame header of layer III, none of whose
// fields has a reserved value.
func isMP3Frame(head []byte) bool {
	return head[0] == 0xff && head[1]&0xe6 == 0xe2 && head[1]&0x18 != 0x08 &&
		head[2]&0xf0 != 0xf0 && head[2]&0xf0 != 0 && head[2]&0x0c != 0x0c
}

// sniffOldQuickTime knows files from before there was an ftyp box.
func sniffOldQuickTime(box string) Kind {
	switch box {
	case "moov", "mdat", "wide", "pnot":
		return MOV
	}
	return Unknown
}
