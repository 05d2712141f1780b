package picture_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"testing"

	"discomfy/pkg/picture"
)

// tight limits make every PNG too large to be decoded as a whole.
var tight = picture.FitOptions{Limits: picture.Limits{Pixels: 1}}

// Read row by row, a picture is the same as decoded as a whole.
func TestPicturesAreReadRowByRow(t *testing.T) {
	t.Parallel()
	base := noise(70, 40, 40)
	paletted := image.NewPaletted(base.Rect, palette.WebSafe)
	gray, deep, deepGray := image.NewGray(base.Rect), image.NewNRGBA64(base.Rect), image.NewGray16(base.Rect)
	for _, m := range []draw.Image{paletted, gray, deep, deepGray} {
		draw.Draw(m, base.Rect, base, image.Point{}, draw.Src)
	}
	half := transparent(noise(70, 40, 40))
	for i := 0; i < len(half.Pix); i += 4 {
		if half.Pix[i+3] < 128 {
			copy(half.Pix[i:], []byte{0, 0, 0, 0})
		} else {
			half.Pix[i+3] = 255
		}
	}
	seeThrough := image.NewPaletted(base.Rect, append(color.Palette{color.NRGBA{}}, palette.WebSafe[:200]...))
	for i := range seeThrough.Pix {
		seeThrough.Pix[i] = uint8(i % 201)
	}
	for name, m := range map[string]image.Image{
		"colours": base, "palette": paletted, "grey": gray, "sixteen bits": deep, "deep grey": deepGray, "transparent": half, "clear palette": seeThrough,
	} {
		data := pngOf(t, m)
		want, _ := decode(t, data)
		out, err := picture.FitFile(t.Context(), bytes.NewReader(data), int64(len(data)), 1<<20, tight)
		if err != nil || out.Scaled || out.Kind != picture.PNG {
			t.Errorf("%s: %+v, %v", name, out.Kind, err)
			continue
		}
		got, _ := decode(t, out.Data)
		a, b := pixels(want), pixels(got)
		for i := range a.Pix {
			if d := int(a.Pix[i]) - int(b.Pix[i]); d < -1 || d > 1 {
				t.Errorf("%s: byte %d is %d, want %d", name, i, b.Pix[i], a.Pix[i])
				break
			}
		}
	}
}

func TestEveryTruncationOfRowsIsDamaged(t *testing.T) {
	t.Parallel()
	data := pngOf(t, noise(30, 20, 256))
	for n := 60; n < len(data)-20; n += 7 {
		cut := append(bytes.Clone(data[:n]), pngChunk("IEND", nil)...)
		if _, err := picture.FitFile(t.Context(), bytes.NewReader(cut), int64(len(cut)), 1<<20, tight); !errors.Is(err, picture.ErrDamaged) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}

func TestAPictureLargerThanMemoryAllowsBecomesSmaller(t *testing.T) {
	t.Parallel()
	data := pngOf(t, noise(750, 500, 20))
	out, err := picture.FitFile(t.Context(), bytes.NewReader(data), int64(len(data)), 100_000, picture.FitOptions{Limits: picture.Limits{Memory: 1 << 20}})
	if err != nil || !out.Scaled || out.Width < 300 || out.Width > 500 || out.Width*2/3-out.Height > 1 {
		t.Errorf("%d × %d, %v", out.Width, out.Height, err)
	}
}

func FuzzRows(f *testing.F) {
	addRecorded(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if i, err := inspect(data); err != nil || i.Kind != picture.PNG || i.Width*i.Height > 1<<16 {
			return
		}
		_, err := picture.FitFile(t.Context(), bytes.NewReader(data), int64(len(data)), 1<<20, tight)
		if err != nil && !errors.Is(err, picture.ErrDamaged) && !errors.Is(err, picture.ErrLarge) && !errors.Is(err, picture.ErrNoFit) {
			t.Errorf("%v", err)
		}
	})
}
