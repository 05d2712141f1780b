package delivery_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"io"
	"slices"
	"strings"
	"testing"

	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/job"
	"discomfy/pkg/picture"
)

func decode(t testing.TB, data []byte) image.Image {
	t.Helper()
	m, _, err := picture.Decode(t.Context(), bytes.NewReader(data), int64(len(data)), picture.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestInputsAreCheckedAndCleaned(t *testing.T) {
	t.Parallel()
	p := newFixture(t).preparer(delivery.Config{})
	for _, c := range []struct {
		name          string
		data          []byte
		kind          picture.Kind
		width, height int
		alpha         bool
		note          string
	}{
		{"as it is", testdata(t, "testdata/alpha.png"), picture.PNG, 24, 16, true, ""},
		{"with a prompt", withPrompt(pngOf(t, noise(9, 8))), picture.PNG, 9, 8, false, ""},
		{"turned", testdata(t, "testdata/turned.jpg"), picture.JPEG, 16, 24, false, ""},
		{"turned PNG", testdata(t, "testdata/comfyui.png"), picture.PNG, 16, 24, false, ""},
		{"turned WebP", testdata(t, "testdata/lossless.webp"), picture.PNG, 16, 24, true, ""},
		{"progressive", testdata(t, "testdata/progressive.jpg"), picture.JPEG, 24, 16, false, ""},
		{"WebP", testdata(t, "testdata/alpha.webp"), picture.WebP, 24, 16, true, ""},
		{"animated WebP", testdata(t, "testdata/animated-alpha.webp"), picture.PNG, 24, 16, true, "only the first frame of the animation is used"},
		{"GIF", testdata(t, "testdata/animated.gif"), picture.PNG, 24, 16, false, "only the first frame of the animation is used"},
		{"animated PNG", testdata(t, "testdata/animated.png"), picture.PNG, 24, 16, false, "only the first frame of the animation is used"},
		{"a bitmap", testdata(t, "testdata/plain.bmp"), picture.PNG, 24, 16, false, ""},
		{"interlaced", testdata(t, "testdata/interlaced.png"), picture.PNG, 24, 16, true, ""},
		{"CMYK", testdata(t, "testdata/cmyk.jpg"), picture.JPEG, 24, 16, false, ""},
		{"grey JPEG", testdata(t, "testdata/gray.jpg"), picture.JPEG, 24, 16, false, ""},
		{"grey of 16 bits", pngOf(t, halves(image.NewGray16(image.Rect(0, 0, 6, 4)), color.Gray16{0x1234}, color.White)), picture.PNG, 6, 4, false, ""},
		{"colours of 16 bits", pngOf(t, halves(image.NewNRGBA64(image.Rect(0, 0, 6, 4)), color.Transparent, color.White)), picture.PNG, 6, 4, true, ""},
		{"a palette", pngOf(t, halves(image.NewPaletted(image.Rect(0, 0, 6, 4), color.Palette{color.Black, color.White}), color.Black, color.White)), picture.PNG, 6, 4, false, ""},
		{"a transparent palette", pngOf(t, halves(image.NewPaletted(image.Rect(0, 0, 6, 4), color.Palette{color.Transparent, color.White}), color.Transparent, color.White)), picture.PNG, 6, 4, true, ""},
		{"a transparent colour", keyed(t), picture.PNG, 6, 4, true, ""},
		{"a film behind it", append(testdata(t, "testdata/progressive.jpg"), "secret film"...), picture.JPEG, 24, 16, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := p.Input(t.Context(), bytes.NewReader(c.data))
			if err != nil {
				t.Fatal(err)
			}
			if got.Width != c.width || got.Height != c.height || got.Alpha != c.alpha || strings.Join(got.Notes, "|") != c.note || got.Type != c.kind.MediaType() {
				t.Errorf("%s, %d × %d, alpha: %t, notes %q", got.Type, got.Width, got.Height, got.Alpha, got.Notes)
			}
			i, err := picture.Inspect(bytes.NewReader(got.Data), int64(len(got.Data)))
			if err != nil || i.Kind != c.kind || i.Orientation != 1 || i.Animated || i.Width != c.width || i.Depth > 8 || i.Keyed {
				t.Errorf("%+v, %v", i, err)
			}
			for _, s := range []string{"secret", "KSampler", "Camera", "Exif"} {
				if bytes.Contains(got.Data, []byte(s)) {
					t.Errorf("%q is still there", s)
				}
			}
			again, err := p.Input(t.Context(), bytes.NewReader(got.Data))
			if err != nil || !bytes.Equal(again.Data, got.Data) {
				t.Errorf("what was cleaned changes again: %v", err)
			}
		})
	}
}

// keyed is a PNG of colours of which one, white, is transparent.
func keyed(t *testing.T) []byte {
	t.Helper()
	file := pngOf(t, halves(image.NewRGBA(image.Rect(0, 0, 6, 4)), color.White, color.Black))
	const afterHeader = 33
	return slices.Insert(file, afterHeader, pngChunk("tRNS", "\x00\xff\x00\xff\x00\xff")...)
}

// What is encoded anew looks as it did.
func TestInputsKeepTheirLooks(t *testing.T) {
	t.Parallel()
	p := newFixture(t).preparer(delivery.Config{})
	size := image.Rect(0, 0, 6, 4)
	for _, c := range []struct {
		name        string
		data        []byte
		left, right color.NRGBA
	}{
		{"grey of 16 bits", pngOf(t, halves(image.NewGray16(size), color.Gray16{0x1234}, color.Gray16{0xabcd})), color.NRGBA{0x12, 0x12, 0x12, 255}, color.NRGBA{0xab, 0xab, 0xab, 255}},
		{
			"colours of 16 bits", pngOf(t, halves(image.NewNRGBA64(size), color.NRGBA64{0x1200, 0x3400, 0x5600, 0x7800}, color.White)),
			color.NRGBA{0x12, 0x34, 0x56, 0x78}, color.NRGBA{255, 255, 255, 255},
		},
		{"a transparent colour", keyed(t), color.NRGBA{255, 255, 255, 0}, color.NRGBA{0, 0, 0, 255}},
		{
			"a transparent palette", pngOf(t, halves(image.NewPaletted(size, color.Palette{color.NRGBA{9, 8, 7, 0}, color.White}), color.Transparent, color.White)),
			color.NRGBA{9, 8, 7, 0}, color.NRGBA{255, 255, 255, 255},
		},
	} {
		in, err := p.Input(t.Context(), bytes.NewReader(c.data))
		if err != nil {
			t.Fatal(err)
		}
		m := decode(t, in.Data)
		left, right := color.NRGBAModel.Convert(m.At(0, 0)), color.NRGBAModel.Convert(m.At(5, 3))
		if left != c.left || right != c.right {
			t.Errorf("%s: %v and %v, want %v and %v", c.name, left, right, c.left, c.right)
		}
	}
}

func TestInputsThatAreRefusedInWords(t *testing.T) {
	t.Parallel()
	p := newFixture(t).preparer(delivery.Config{Input: picture.Limits{Bytes: 100_000, Edge: 200, Pixels: 150 * 150}})
	for _, c := range []struct {
		name, words string
		data        []byte
	}{
		{"many bytes", "the picture is larger than the 98 KiB that are taken", make([]byte, 100_001)},
		{"many pixels", "too large: the picture has 160 × 160 pixels, at most 200 on a side and", pngOf(t, noise(160, 160))},
		{"a long side", "too large: the picture has 201 × 1 pixels", pngOf(t, noise(201, 1))},
		{"a text", "not a picture that can be read here: send PNG, JPEG, WebP or GIF", []byte("hello there")},
		{"nothing", "not a picture that can be read here: send PNG, JPEG, WebP or GIF", nil},
		{"HEIC", "not a picture that can be read here: HEIC is not supported, send", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic")},
		{"a video", "not a picture that can be read here: it is a video (MP4), send", clipFile(t, "h264.mp4")},
		{"torn", "the picture is damaged: ", pngOf(t, noise(90, 90))[:9000]},
		{"a bomb", "the picture is damaged: it ", bomb()[:100]},
	} {
		_, err := p.Input(t.Context(), bytes.NewReader(c.data))
		e, ok := errors.AsType[*job.Error](err)
		if !ok || e.Code != job.CodeInvalid || !strings.HasPrefix(e.Message, c.words) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := p.Input(t.Context(), bytes.NewReader(pngOf(t, noise(150, 150)))); err != nil {
		t.Errorf("at the bounds: %v", err)
	}
	away := errors.New("the line is dead")
	if _, err := p.Input(t.Context(), io.MultiReader(bytes.NewReader(pngOf(t, noise(9, 9))[:100]), failing{away})); !errors.Is(err, away) || job.CodeOf(err) != job.CodeInternal {
		t.Errorf("a broken line: %v", err)
	}
}

func TestInputsEndAtTheByte(t *testing.T) {
	t.Parallel()
	data := pngOf(t, noise(30, 30))
	for _, c := range []struct {
		most int64
		ok   bool
	}{{int64(len(data)), true}, {int64(len(data)) - 1, false}} {
		p := newFixture(t).preparer(delivery.Config{Input: picture.Limits{Bytes: c.most}})
		if _, err := p.Input(t.Context(), bytes.NewReader(data)); (err == nil) != c.ok {
			t.Errorf("%d bytes, %d taken: %v", len(data), c.most, err)
		}
	}
}

func TestAMaskBecomesTransparency(t *testing.T) {
	t.Parallel()
	p := newFixture(t).preparer(delivery.Config{})
	input := func(m image.Image) delivery.Picture {
		t.Helper()
		in, err := p.Input(t.Context(), bytes.NewReader(pngOf(t, m)))
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	white := image.NewGray(image.Rect(0, 0, 100, 50))
	for y := range 50 {
		for x := 50; x < 100; x++ {
			white.SetGray(x, y, color.Gray{255})
		}
	}
	from := noise(200, 100)
	got, err := p.Mask(t.Context(), input(from), input(white))
	if err != nil || !got.Alpha || got.Type != "image/png" || got.Width != 200 {
		t.Fatalf("%+v, %v", got.Type, err)
	}
	m := decode(t, got.Data)
	left, right := m.At(20, 20).(color.NRGBA), m.At(180, 20).(color.NRGBA)
	was := from.NRGBAAt(180, 20)
	if left.A != 255 || right.A != 0 || right.R != was.R || right.B != was.B {
		t.Errorf("%v and %v, it was %v", left, right, was)
	}
	for name, mask := range map[string]image.Image{
		"the mask has another shape than the picture: 50 × 50 against 200 × 100 pixels": image.NewGray(image.Rect(0, 0, 50, 50)),
		"the mask has no white in it: paint white what is to be made anew":              image.NewGray(image.Rect(0, 0, 200, 100)),
	} {
		_, err := p.Mask(t.Context(), input(from), input(mask))
		_, alone := p.Lightness(t.Context(), input(from), input(mask))
		if e, ok := errors.AsType[*job.Error](err); !ok || e.Message != name || alone == nil || alone.Error() != err.Error() {
			t.Errorf("%v and %v, want %q", err, alone, name)
		}
	}
	huge := delivery.Picture{Width: 8000, Height: 8000}
	if _, err := p.Mask(t.Context(), huge, input(white)); job.CodeOf(err) != job.CodeInvalid {
		t.Errorf("a huge picture: %v", err)
	}
}
