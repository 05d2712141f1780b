package picture_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"testing"

	"discomfy/pkg/picture"
)

// exif is a block that says nothing but the orientation.
func exif(order binary.ByteOrder, orientation int) string {
	b := []byte("II*\x00\x08\x00\x00\x00")
	if order == binary.BigEndian {
		b = []byte("MM\x00*\x00\x00\x00\x08")
	}
	b = append(b, make([]byte, 2+2*12+4)...)
	order.PutUint16(b[8:], 2)
	order.PutUint16(b[10:], 0x010f) // another tag before it
	order.PutUint16(b[22:], 0x0112)
	order.PutUint16(b[24:], 3)
	order.PutUint32(b[26:], 1)
	order.PutUint16(b[30:], uint16(orientation))
	return string(b)
}

// Where the stored picture's corners go, clockwise from the top left: EXIF
// names the side on which row 0 and column 0 are seen.
func TestEveryOrientationIsTurnedUpright(t *testing.T) {
	t.Parallel()
	a, b, c, d := color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 255, 0, 255}, color.NRGBA{0, 0, 255, 255}, color.NRGBA{255, 255, 0, 90}
	stored := image.NewNRGBA(image.Rect(0, 0, 5, 3))
	for y := range 3 {
		for x := range 5 {
			stored.SetNRGBA(x, y, color.NRGBA{uint8(10 * x), uint8(20 * y), 7, 255})
		}
	}
	stored.SetNRGBA(0, 0, a)
	stored.SetNRGBA(4, 0, b)
	stored.SetNRGBA(4, 2, c)
	stored.SetNRGBA(0, 2, d)
	for orientation, want := range map[int][4]color.NRGBA{
		0: {a, b, c, d}, 1: {a, b, c, d}, 2: {b, a, d, c}, 3: {c, d, a, b}, 4: {d, c, b, a},
		5: {a, d, c, b}, 6: {d, a, b, c}, 7: {c, b, a, d}, 8: {b, c, d, a}, 9: {a, b, c, d},
	} {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			m, _ := decode(t, withChunk(pngOf(t, stored), "eXIf", exif(order, orientation)))
			r := m.Bounds()
			got := [4]color.NRGBA{}
			for i, p := range []image.Point{{0, 0}, {r.Dx() - 1, 0}, {r.Dx() - 1, r.Dy() - 1}, {0, r.Dy() - 1}} {
				got[i] = color.NRGBAModel.Convert(m.At(p.X, p.Y)).(color.NRGBA)
			}
			if turned := orientation >= 5 && orientation <= 8; got != want || (r.Dx() == 3) != turned {
				t.Errorf("orientation %d: %v of %v, want %v", orientation, got, r, want)
			}
		}
	}
}

func TestMasks(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 20, 10))
	for i := range m.Pix {
		m.Pix[i] = uint8(i)
	}
	mask := image.NewGray(image.Rect(0, 0, 20, 10))
	for y := range 10 {
		for x := range 20 {
			mask.SetGray(x, y, color.Gray{uint8(255 * (x / 10))})
		}
	}
	out, err := picture.WithMask(t.Context(), m, mask)
	if err != nil {
		t.Fatal(err)
	}
	for y := range 10 {
		for x := range 20 {
			got, from := out.NRGBAAt(x, y), m.NRGBAAt(x, y)
			if got.R != from.R || got.G != from.G || got.B != from.B || got.A != 255*uint8(1-x/10) {
				t.Fatalf("at %d,%d: %v of %v", x, y, got, from)
			}
		}
	}
	if back := picture.Mask(out); !bytes.Equal(back.Pix, mask.Pix) {
		t.Error("the mask does not come back")
	}
	// Colours under full transparency survive being written and read.
	data, err := picture.EncodePNG(t.Context(), out, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if read, _ := decode(t, data); read.At(15, 5).(color.NRGBA) != out.NRGBAAt(15, 5) {
		t.Errorf("%v, want %v", read.At(15, 5), out.NRGBAAt(15, 5))
	}
	if _, err := picture.EncodePNG(t.Context(), noise(64, 64, 256), 1000); err == nil {
		t.Error("a limit of 1000 bytes is not kept")
	}
}

func TestAMaskIsScaledToItsPicture(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{200, 100}, {66, 33}, {1000, 501}} {
		mask := image.NewRGBA(image.Rect(0, 0, size.X, size.Y)) // transparent: black
		for y := range size.Y {
			for x := size.X / 2; x < size.X; x++ {
				mask.Set(x, y, color.White)
			}
		}
		out, err := picture.WithMask(t.Context(), noise(200, 100, 30), mask)
		if err != nil {
			t.Fatalf("%v: %v", size, err)
		}
		if l, r := out.NRGBAAt(95, 50), out.NRGBAAt(105, 50); l.A != 255 || r.A != 0 {
			t.Errorf("%v: alpha %d and %d around the edge", size, l.A, r.A)
		}
	}
	_, err := picture.WithMask(t.Context(), noise(200, 100, 30), image.NewGray(image.Rect(0, 0, 100, 100)))
	if err == nil || fmt.Sprint(err) != "the mask has another shape than the picture: 100 × 100 against 200 × 100 pixels" {
		t.Errorf("%v", err)
	}
}
