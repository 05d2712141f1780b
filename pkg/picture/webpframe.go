package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/draw"
	"io"
	"slices"

	"golang.org/x/image/webp"
)

// maxWebPFrame bounds one frame of an animation, in bytes.
const maxWebPFrame = 64 << 20

// decodeFirstFrame makes a file of an animation's first frame, since the
// decoder knows single pictures only, and puts it onto the whole.
func decodeFirstFrame(s source, i Info) (image.Image, error) {
	for c, err := range s.webpChunks() {
		if err != nil {
			return nil, err
		}
		if c.name != "ANMF" || c.length < webpFrame {
			continue
		}
		head, err := s.bytes(c.body, webpFrame)
		if err != nil {
			return nil, err
		}
		file, err := s.webpOf(c, i)
		if err != nil {
			return nil, err
		}
		m, err := webp.Decode(bytes.NewReader(file))
		if err != nil {
			return nil, err
		}
		if m.Bounds().Dx() == i.Width && m.Bounds().Dy() == i.Height {
			return m, nil
		}
		whole := image.NewNRGBA(image.Rect(0, 0, i.Width, i.Height))
		part := m.Bounds().Add(image.Pt(2*uint24(head), 2*uint24(head[3:])))
		draw.Draw(whole, part, m, m.Bounds().Min, draw.Src)
		return whole, nil
	}
	return nil, damaged("it has no frames")
}

// webpOf wraps the chunks of a frame as a file of its own. The frame must lie
// within the whole, whose size was judged.
func (s source) webpOf(frame chunk, i Info) ([]byte, error) {
	if frame.length > maxWebPFrame {
		return nil, fmt.Errorf("%w: a frame of %d MiB", ErrLarge, frame.length>>20)
	}
	body, err := s.bytes(frame.body, frame.length)
	if err != nil {
		return nil, err
	}
	width, height := 1+uint24(body[6:]), 1+uint24(body[9:])
	x, y := 2*uint24(body), 2*uint24(body[3:])
	if x+width > i.Width || y+height > i.Height {
		return nil, damaged("a frame reaches outside")
	}
	extended := binary.LittleEndian.AppendUint32([]byte("VP8X"), vp8xLength)
	flags := byte(0)
	if string(body[webpFrame:][:min(4, len(body)-webpFrame)]) == "ALPH" {
		flags = flagAlpha // with it the decoder insists on that chunk
	}
	extended = append(extended, flags, 0, 0, 0)
	extended = append(extended, body[6:12]...)
	chunks := slices.Concat(extended, body[webpFrame:])
	file := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+len(chunks)))
	return append(append(file, "WEBP"...), chunks...), nil
}

// decodeWebP decodes a single picture. Where the header announces a plane of
// transparency that is not there, the picture is opaque, as other decoders have
// it.
func decodeWebP(r io.Reader, s source, i Info) (image.Image, error) {
	if i.extended == 0 || !i.Alpha || i.plane {
		return webp.Decode(r)
	}
	flags, err := s.bytes(i.extended, 1)
	if err != nil {
		return nil, err
	}
	edited, err := NewEdited(s.r, s.size, []Edit{{At: i.extended, N: 1, With: []byte{flags[0] &^ flagAlpha}}})
	if err != nil {
		return nil, err
	}
	return webp.Decode(edited.Reader())
}
