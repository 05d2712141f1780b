package picture_test

import (
	"strings"
	"testing"

	"discomfy/pkg/picture"
)

func TestSniffTellsFilesByTheirBytes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		head string
		want picture.Kind
	}{
		{"\x89PNG\r\n\x1a\n", picture.PNG},
		{"\xff\xd8\xff\xe0\x00\x10JFIF", picture.JPEG},
		{"RIFF\x10\x00\x00\x00WEBPVP8 ", picture.WebP},
		{"GIF89a\x01\x00\x01\x00\x00\x00\x00", picture.GIF},
		{"BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00", picture.BMP},
		{"BMW drives", picture.Unknown},
		{"BM is not enough, there is text", picture.Unknown},
		{"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00avifmif1", picture.AVIF},
		{"\x00\x00\x00\x20ftypmif1\x00\x00\x00\x00mif1avif", picture.AVIF},
		{"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", picture.HEIC},
		{"\x00\x00\x00\x14ftypmif1\x00\x00\x00\x00mif1", picture.HEIC},
		{"II*\x00\x08\x00\x00\x00", picture.TIFF},
		{"\x00\x00\x00\x0cJXL \r\n\x87\n", picture.JPEGXL},
		{"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41", picture.MP4},
		{"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  ", picture.MOV},
		{"\x00\x00\x00\x08wide\x00\x00\x00\x00mdat", picture.MOV},
		{"\x00\x00\x00\x1cftypM4A \x00\x00\x02\x00M4A isomiso2", picture.M4A},
		{"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm", picture.WebM},
		{"\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x88matroska", picture.Matroska},
		{"RIFF\x10\x00\x00\x00AVI LIST", picture.AVI},
		{"RIFF\x10\x00\x00\x00WAVEfmt ", picture.WAV},
		{"ID3\x04\x00\x00\x00\x00\x00\x00", picture.MP3},
		{"\xff\xfb\x90\x44\x00\x00\x00\x00\x00\x00\x00\x00", picture.MP3},
		{"fLaC\x00\x00\x00\x22", picture.FLAC},
		{"OggS\x00\x02", picture.Ogg},
		{"glTF\x02\x00\x00\x00", picture.GLB},
		{"<svg xmlns='http://www.w3.org/2000/svg'>", picture.Unknown},
		{"#EXTM3U\n#EXT-X-VERSION:3\n", picture.Unknown},
		{"", picture.Unknown},
	} {
		if got := picture.Sniff([]byte(c.head)); got != c.want {
			t.Errorf("%.20q is %q, want %q", c.head, got, c.want)
		}
	}
}

func TestKindsHaveATypeAndAnEnding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind  picture.Kind
		group string
	}{
		{picture.PNG, "picture"}, {picture.JPEG, "picture"}, {picture.WebP, "picture"}, {picture.GIF, "picture"}, {picture.BMP, "picture"},
		{picture.AVIF, "foreign"}, {picture.HEIC, "foreign"}, {picture.TIFF, "foreign"}, {picture.JPEGXL, "foreign"},
		{picture.MP4, "video"}, {picture.MOV, "video"}, {picture.WebM, "video"}, {picture.Matroska, "video"}, {picture.AVI, "video"},
		{picture.M4A, "audio"}, {picture.MP3, "audio"}, {picture.FLAC, "audio"}, {picture.WAV, "audio"}, {picture.Ogg, "audio"},
		{picture.GLB, ""}, {picture.Unknown, ""},
	} {
		groups := map[string]bool{"picture": c.kind.IsPicture(), "foreign": c.kind.IsForeignPicture(), "video": c.kind.IsVideo(), "audio": c.kind.IsAudio()}
		for name, in := range groups {
			if in != (name == c.group) {
				t.Errorf("%s: %s is %t", c.kind, name, in)
			}
		}
		if !strings.Contains(c.kind.MediaType(), "/") || !strings.HasPrefix(c.kind.Ext(), ".") {
			t.Errorf("%s: type %q, ending %q", c.kind, c.kind.MediaType(), c.kind.Ext())
		}
	}
}
