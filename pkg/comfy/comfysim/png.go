package comfysim

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"unicode/utf16"
)

// textChunk is one of PNG's tEXt entries.
type textChunk struct{ key, value string }

// metadata is what SaveImage writes into a PNG: the prompt, and the editor's workflow where the client sent one.
func (c *call) metadata() []textChunk {
	list := []textChunk{{"prompt", asciiJSON(c.run.item.prompt)}}
	if info := c.run.item.extra.child("extra_pnginfo"); info != nil {
		for _, k := range info.keys {
			list = append(list, textChunk{k, asciiJSON(info.get(k))})
		}
	}
	return list
}

// asciiJSON escapes everything beyond ASCII, as Python's json does.
func asciiJSON(v any) string {
	var b bytes.Buffer
	for _, r := range string(encode(v)) {
		if r < 0x7f {
			b.WriteRune(r)
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, u)
		}
	}
	return b.String()
}

// encodePNG writes a PNG with text chunks behind its header.
func encodePNG(img image.Image, chunks []textChunk) []byte {
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	_ = enc.Encode(&b, img) // neither a buffer nor a picture of a sane size fails
	const header = 8 + 25   // signature and IHDR
	out := append([]byte{}, b.Bytes()[:header]...)
	for _, c := range chunks {
		out = appendChunk(out, "tEXt", []byte(c.key+"\x00"+c.value))
	}
	return append(out, b.Bytes()[header:]...)
}

func appendChunk(out []byte, kind string, data []byte) []byte {
	body := append([]byte(kind), data...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
	out = append(out, body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
}

func encodeJPEG(img image.Image, quality int) []byte {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, &jpeg.Options{Quality: quality})
	return b.Bytes()
}
