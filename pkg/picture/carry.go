package picture

import (
	"cmp"
	"context"
	"errors"
	"image"
	"io"
	"slices"
)

// FitOptions say how FitFile treats a file.
type FitOptions struct {
	Limits Limits
	Texts  bool // keep the texts of a PNG (ComfyUI's prompt and graph) where it stays one
}

// FitFile decodes a picture file and fits it into limit bytes, with its colour
// profile where the kind stays the same. A PNG that exceeds the limits is read
// row by row and becomes smaller. The errors are those of Decode and Fit.
func FitFile(ctx context.Context, r io.ReaderAt, size, limit int64, o FitOptions) (Fitted, error) {
	m, i, err := decodeOrReduce(ctx, r, size, o.Limits)
	if err != nil {
		return Fitted{}, err
	}
	carried := newSource(r, size).carried(i.Kind, o.Texts, limit/4)
	fitted, err := fit(ctx, m, limit-int64(len(carried)), i.Kind == JPEG || isLossy(m))
	if err != nil {
		return fitted, err
	}
	fitted.Scaled = fitted.Scaled || int64(fitted.Width)*int64(fitted.Height) < int64(i.Width)*int64(i.Height)
	fitted.Data = insert(fitted.Data, fitted.Kind, i.Kind, carried)
	return fitted, nil
}

// decodeOrReduce reads a picture that is too large to be decoded as a whole at
// a smaller size, where it is a PNG.
func decodeOrReduce(ctx context.Context, r io.ReaderAt, size int64, l Limits) (image.Image, Info, error) {
	m, i, err := Decode(ctx, r, size, l)
	if !errors.Is(err, ErrLarge) || i.Kind != PNG {
		return m, i, err
	}
	smaller, ok, failed := decodeReduced(ctx, newSource(r, size), i, l)
	if failed != nil || !ok {
		return nil, i, cmp.Or(failed, err)
	}
	return smaller, i, nil
}

// carried gives the parts of a file that belong into its new form, as they
// are, up to a bound: texts fall away first.
func (s source) carried(k Kind, texts bool, limit int64) []byte {
	switch k {
	case PNG:
		colors, words := s.pngParts()
		if texts && int64(len(colors)+len(words)) <= limit {
			return slices.Concat(colors, words)
		}
		return atMost(colors, limit)
	case JPEG:
		return atMost(s.profile(), limit)
	}
	return nil
}

func atMost(b []byte, limit int64) []byte {
	if int64(len(b)) > limit {
		return nil
	}
	return b
}

// maxCarried bounds what is read to be carried over, in bytes.
const maxCarried = 8 << 20

// pngParts gives the chunks that say what the colours mean, and the texts.
func (s source) pngParts() (colors, texts []byte) {
	for c, err := range s.pngChunks() {
		if err != nil || c.n > maxCarried || len(colors)+len(texts) > maxCarried {
			return colors, texts
		}
		to := &texts
		switch c.name {
		case "cICP", "iCCP", "sRGB", "gAMA", "cHRM":
			to = &colors
		case "tEXt", "zTXt", "iTXt":
		default:
			continue
		}
		b, err := s.bytes(c.at, c.n)
		if err != nil {
			return colors, texts
		}
		*to = append(*to, b...)
	}
	return colors, texts
}

// profile gives the segments of a JPEG's colour profile. Those for four inks
// mean nothing for the three colours that are written here.
func (s source) profile() []byte {
	var out []byte
	for seg, err := range s.jpegSegments() {
		if err != nil {
			return nil
		}
		b, err := s.bytes(seg.at, seg.n)
		switch {
		case err != nil || len(out) > maxCarried:
			return nil
		case isSOF(seg.marker) && (len(b) < 10 || b[9] != 3):
			return nil
		case seg.marker == markerAPP2 && s.isProfile(seg):
			out = append(out, b...)
		}
	}
	return out
}

const (
	pngColorType = pngMagic + 8 + 9      // where IHDR has it
	pngAfterIHDR = pngMagic + 8 + 13 + 4 // where the second chunk begins
	jpegAfterSOI = 2
)

// insert puts the parts where the format wants them. A profile of colours does
// not fit a picture that became grey.
func insert(data []byte, now, was Kind, parts []byte) []byte {
	switch {
	case len(parts) == 0 || now != was:
		return data
	case now == PNG && data[pngColorType] != pngGray:
		return slices.Insert(data, pngAfterIHDR, parts...)
	case now == JPEG:
		return slices.Insert(data, jpegAfterSOI, parts...)
	}
	return data
}
