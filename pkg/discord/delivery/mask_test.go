package delivery_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"strings"
	"testing"

	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/job"
)

// halves is a mask of 100 × 50 whose left half has one colour and whose right
// half has another, as any kind of picture.
func halves(m draw.Image, left, right color.Color) draw.Image {
	b := m.Bounds()
	middle := b.Min.X + b.Dx()/2
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if x < middle {
				m.Set(x, y, left)
			} else {
				m.Set(x, y, right)
			}
		}
	}
	return m
}

func jpegOf(t *testing.T, m image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Whatever people send as a mask: white is painted anew, black and transparent
// parts stay, the lightness of colours counts.
func TestMasksOfAllSorts(t *testing.T) {
	t.Parallel()
	p := newFixture(t).preparer(delivery.Config{})
	size := image.Rect(0, 0, 100, 50)
	none, red, yellow := color.NRGBA{255, 255, 255, 0}, color.NRGBA{255, 0, 0, 255}, color.NRGBA{255, 255, 0, 255}
	pngOf := func(m image.Image) []byte { return pngOf(t, m) }
	for _, c := range []struct {
		name        string
		mask        []byte
		left, right uint8 // alpha of the picture then
	}{
		{"grey", pngOf(halves(image.NewGray(size), color.Black, color.White)), 255, 0},
		{"grey of 16 bits", pngOf(halves(image.NewGray16(size), color.Gray16{0x0100}, color.Gray16{0xffff})), 255, 0},
		{"half grey of 16 bits", pngOf(halves(image.NewGray16(size), color.Black, color.Gray16{0x8000})), 255, 127},
		{"colours of 16 bits", pngOf(halves(image.NewRGBA64(size), color.Black, color.White)), 255, 0},
		{"a palette", pngOf(halves(image.NewPaletted(size, color.Palette{color.White, color.Black}), color.Black, color.White)), 255, 0},
		{"a palette with transparency", pngOf(halves(image.NewPaletted(size, color.Palette{none, color.White}), none, color.White)), 255, 0},
		{"colours", pngOf(halves(image.NewRGBA(size), red, yellow)), 255 - 76, 255 - 226},
		{"white on nothing", pngOf(halves(image.NewNRGBA(size), none, color.White)), 255, 0},
		{"black where it is transparent", pngOf(halves(image.NewNRGBA(size), color.NRGBA{0, 0, 0, 0}, color.White)), 255, 0},
		{"half transparent white", pngOf(halves(image.NewNRGBA(size), none, color.NRGBA{255, 255, 255, 128})), 255, 127},
		{"JPEG", jpegOf(t, halves(image.NewGray(size), color.Black, color.White), 30), 255, 0},
		{"grey JPEG in colours", jpegOf(t, halves(image.NewRGBA(size), color.Gray{4}, color.Gray{251}), 60), 255, 0},
		{"larger", pngOf(halves(image.NewGray(image.Rect(0, 0, 1600, 800)), color.Black, color.White)), 255, 0},
		{"smaller", pngOf(halves(image.NewGray(image.Rect(0, 0, 8, 4)), color.Black, color.White)), 255, 0},
		{"one pixel off", pngOf(halves(image.NewGray(image.Rect(0, 0, 200, 101)), color.Black, color.White)), 255, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pic, err := p.Input(t.Context(), bytes.NewReader(pngOf(noise(200, 100))))
			if err != nil {
				t.Fatal(err)
			}
			mask, err := p.Input(t.Context(), bytes.NewReader(c.mask))
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Mask(t.Context(), pic, mask)
			if err != nil {
				t.Fatal(err)
			}
			m, was := decode(t, got.Data).(*image.NRGBA), noise(200, 100)
			for _, at := range []image.Point{{0, 0}, {90, 99}, {110, 0}, {199, 99}} {
				px, from, want := m.NRGBAAt(at.X, at.Y), was.NRGBAAt(at.X, at.Y), c.left
				if at.X > 100 {
					want = c.right
				}
				if px.R != from.R || px.G != from.G || px.B != from.B || px.A != want {
					t.Errorf("at %v: %v of %v, want alpha %d", at, px, from, want)
				}
			}
			alone, err := p.Lightness(t.Context(), pic, mask)
			if err != nil || alone.Width != 200 || alone.Height != 100 {
				t.Fatalf("alone: %d × %d, %v", alone.Width, alone.Height, err)
			}
			light := decode(t, alone.Data).(*image.Gray)
			if l, r := light.GrayAt(90, 99).Y, light.GrayAt(110, 0).Y; l != 255-c.left || r != 255-c.right {
				t.Errorf("alone it is %d and %d", l, r)
			}
			if own, err := p.Lightness(t.Context(), delivery.Picture{}, mask); err != nil || own.Width != mask.Width || own.Height != mask.Height {
				t.Errorf("without a picture: %d × %d, %v", own.Width, own.Height, err)
			}
		})
	}
}

// A mask in which nothing is white asks for nothing, also where JPEG has
// sprinkled it.
func TestMasksWithoutWhite(t *testing.T) {
	t.Parallel()
	p := newFixture(t).preparer(delivery.Config{})
	size := image.Rect(0, 0, 100, 50)
	pic, err := p.Input(t.Context(), bytes.NewReader(pngOf(t, noise(100, 50))))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"black": pngOf(t, image.NewGray(size)), "nearly black": jpegOf(t, halves(image.NewGray(size), color.Gray{0}, color.Gray{5}), 90),
		"transparent": pngOf(t, halves(image.NewNRGBA(size), color.NRGBA{255, 255, 255, 0}, color.NRGBA{255, 255, 255, 0})),
	} {
		mask, err := p.Input(t.Context(), bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for way, what := range map[string]func(ctx context.Context, pic, mask delivery.Picture) (delivery.Picture, error){"inside": p.Mask, "alone": p.Lightness} {
			_, err = what(t.Context(), pic, mask)
			if e, ok := errors.AsType[*job.Error](err); !ok || !strings.HasPrefix(e.Message, "the mask has no white in it") {
				t.Errorf("%s, %s: %v", name, way, err)
			}
		}
	}
}
