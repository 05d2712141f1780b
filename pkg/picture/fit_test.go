package picture_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"testing"

	"discomfy/pkg/picture"
)

func fit(t testing.TB, m image.Image, limit int64) picture.Fitted {
	t.Helper()
	out, err := picture.Fit(t.Context(), m, limit)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(out.Data)) > limit {
		t.Fatalf("%d bytes, %d allowed", len(out.Data), limit)
	}
	read, i := decode(t, out.Data)
	if i.Kind != out.Kind || read.Bounds().Dx() != out.Width || read.Bounds().Dy() != out.Height {
		t.Fatalf("it says %+v and is %+v", out, i)
	}
	return out
}

// clear makes the left half transparent.
func transparent(m *image.NRGBA) *image.NRGBA {
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() / 2 {
			m.Pix[y*m.Stride+4*x+3] = uint8(x)
		}
	}
	return m
}

func TestThePictureThatFitsLosesNothing(t *testing.T) {
	t.Parallel()
	two := image.NewNRGBA(image.Rect(0, 0, 300, 200)) // of two colours, one of them half transparent
	for i := range 300 * 200 {
		copy(two.Pix[4*i:], []byte{200, 10, 20, uint8(128 + 127*(i/7%2))})
	}
	grey := image.NewNRGBA(image.Rect(0, 0, 100, 600))
	for i := range 100 * 600 {
		v := uint8(i*i>>4 ^ i)
		copy(grey.Pix[4*i:], []byte{v, v, v, 255})
	}
	deep := image.NewNRGBA64(image.Rect(0, 0, 64, 64))
	for i := range deep.Pix {
		deep.Pix[i] = uint8(i * 7)
	}
	for name, m := range map[string]image.Image{
		"colours": noise(120, 600, 8), "a palette": two, "greys": grey, "sixteen bits": deep, "transparency": transparent(noise(200, 150, 4)),
		"a part": noise(300, 300, 64).SubImage(image.Rect(10, 20, 110, 130)),
	} {
		before := pixels(m)
		out := fit(t, m, 4<<20)
		if out.Kind != picture.PNG || out.Quality != 0 || out.Scaled || out.Flattened {
			t.Errorf("%s became %s of quality %d", name, out.Kind, out.Quality)
		}
		if read, _ := decode(t, out.Data); !bytes.Equal(pixels(read).Pix, before.Pix) {
			t.Errorf("%s: the pixels changed", name)
		}
	}
}

func TestAPaletteAndGreysTakeFewerBytes(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 200, 200))
	random := noise(200, 200, 256)
	for i := range 200 * 200 {
		v := random.Pix[4*i]
		copy(m.Pix[4*i:], []byte{v, v, v, 255})
	}
	if out := fit(t, m, 1<<20); len(out.Data) > 45_000 {
		t.Errorf("grey noise of 40,000 pixels takes %d bytes", len(out.Data))
	}
	for i := range 200 * 200 {
		v := random.Pix[4*i] & 15
		copy(m.Pix[4*i:], []byte{v * 3, 255 - v*16, v, 255})
	}
	if out := fit(t, m, 1<<20); len(out.Data) > 23_000 {
		t.Errorf("noise of sixteen colours takes %d bytes", len(out.Data))
	}
}

func TestWhatDoesNotFitBecomesJPEGOfFallingQuality(t *testing.T) {
	t.Parallel()
	last := 101
	for _, limit := range []int64{160_000, 130_000, 110_000, 95_000} {
		out := fit(t, noise(300, 560, 200), limit)
		if out.Kind != picture.JPEG || out.Scaled || out.Quality > last || out.Flattened {
			t.Errorf("%d bytes: %s, quality %d after %d, scaled: %t", limit, out.Kind, out.Quality, last, out.Scaled)
		}
		last = out.Quality
	}
	if last > 92 {
		t.Errorf("the quality never fell: %d", last)
	}
}

func TestWhatStillDoesNotFitBecomesSmaller(t *testing.T) {
	t.Parallel()
	width := 401
	for _, limit := range []int64{80_000, 30_000, 5_000, 1_500} {
		out := fit(t, noise(400, 560, 256), limit)
		if out.Kind != picture.JPEG || !out.Scaled || out.Width >= width {
			t.Errorf("%d bytes: %s, %d × %d", limit, out.Kind, out.Width, out.Height)
		}
		if width = out.Width; int64(len(out.Data)) < limit/4 {
			t.Errorf("%d bytes of %d: more would have fitted", len(out.Data), limit)
		}
	}
	if _, err := picture.Fit(t.Context(), noise(64, 64, 256), 100); !errors.Is(err, picture.ErrNoFit) {
		t.Errorf("100 bytes: %v", err)
	}
	if out := fit(t, noise(5000, 1, 256), 2_000); out.Height != 1 {
		t.Errorf("a line became %d high", out.Height)
	}
}

func TestTransparencyStaysByScalingWhileThatIsBearable(t *testing.T) {
	t.Parallel()
	out := fit(t, transparent(noise(300, 300, 256)), 225_000) // of some 300 KB
	if out.Kind != picture.PNG || !out.Scaled || out.Flattened || out.Width < 150 {
		t.Errorf("%s of %d × %d, flattened: %t", out.Kind, out.Width, out.Height, out.Flattened)
	}
	read, _ := decode(t, out.Data)
	if _, _, _, a := read.At(0, out.Height/2).RGBA(); a > 0x1000 {
		t.Errorf("the left has alpha %#x", a)
	}

	flat := fit(t, transparent(noise(300, 300, 256)), 25_000)
	if flat.Kind != picture.JPEG || !flat.Flattened {
		t.Errorf("%s, flattened: %t", flat.Kind, flat.Flattened)
	}
	read, _ = decode(t, flat.Data)
	if !sameColor(read.At(0, flat.Height/2), color.White, 60) {
		t.Errorf("the left is %v, want white", read.At(0, flat.Height/2))
	}
}

func TestAnAlphaChannelThatIsNotUsedIsNone(t *testing.T) {
	t.Parallel()
	if out := fit(t, noise(256, 256, 256), 75_000); out.Flattened || out.Kind != picture.JPEG {
		t.Errorf("%+v", out.Kind)
	}
}

func TestALossyPictureIsNotMadeLossless(t *testing.T) {
	t.Parallel()
	m, _ := decode(t, jpegOf(t, noise(200, 200, 30)))
	if out := fit(t, m, 8<<20); out.Kind != picture.JPEG || out.Quality != 98 {
		t.Errorf("%s, quality %d", out.Kind, out.Quality)
	}
}

func TestALossyPictureWithTransparencyKeepsItsSize(t *testing.T) {
	t.Parallel()
	m, _ := decode(t, recorded(t, "alpha.webp"))
	if out := fit(t, m, 1<<20); out.Kind != picture.PNG || out.Scaled || out.Width != 24 {
		t.Errorf("%s of %d × %d", out.Kind, out.Width, out.Height)
	}
	data := recorded(t, "turned.jpg") // turning does not make it lossless
	out, err := picture.FitFile(t.Context(), bytes.NewReader(data), int64(len(data)), 1<<20, picture.FitOptions{})
	if err != nil || out.Kind != picture.JPEG || out.Width != 16 {
		t.Errorf("%s of %d × %d, %v", out.Kind, out.Width, out.Height, err)
	}
}

func TestFitAtTheByte(t *testing.T) {
	t.Parallel()
	m := noise(100, 100, 64)
	size := int64(len(fit(t, m, 1<<20).Data))
	if out := fit(t, m, size); out.Kind != picture.PNG {
		t.Error("what has exactly the limit does not fit")
	}
	if out := fit(t, m, size-1); out.Kind == picture.PNG {
		t.Error("one byte more than the limit fits")
	}
}

func TestFitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, limit := range []int64{1 << 20, 100_000, 1000} {
		if _, err := picture.Fit(ctx, noise(400, 400, 256), limit); !errors.Is(err, context.Canceled) {
			t.Errorf("%d bytes: %v", limit, err)
		}
	}
}

func TestFilesKeepTheirProfileAndTextsWhereTheyStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	data := withChunk(withChunk(pngOf(t, noise(64, 64, 64)), "tEXt", "prompt\x00secret"), "gAMA", "\x00\x00\xb1\x8f")
	file := func(data []byte, limit int64, texts bool) picture.Fitted {
		t.Helper()
		out, err := picture.FitFile(t.Context(), bytes.NewReader(data), int64(len(data)), limit, picture.FitOptions{Texts: texts})
		if err != nil || int64(len(out.Data)) > limit {
			t.Fatalf("%d bytes: %v", len(out.Data), err)
		}
		decode(t, out.Data)
		return out
	}
	has := func(f picture.Fitted, s string) bool { return bytes.Contains(f.Data, []byte(s)) }
	if out := file(data, 1<<20, true); !has(out, "secret") || !has(out, "gAMA") {
		t.Error("the texts or the colours got lost")
	}
	if out := file(data, 1<<20, false); has(out, "secret") || !has(out, "gAMA") {
		t.Error("the texts stayed, or the colours got lost")
	}
	whole := int64(len(file(data, 1<<20, true).Data))
	if out := file(data, whole, true); out.Kind != picture.PNG {
		t.Error("what has exactly the limit does not fit")
	}
	if out := file(data, whole-1, true); out.Kind == picture.PNG {
		t.Error("one byte more than the limit fits")
	}
	if out := file(data, 4000, true); out.Kind != picture.JPEG || has(out, "secret") {
		t.Error("a JPEG has the texts")
	}
	jpeg := jpegOf(t, noise(200, 200, 256))
	jpeg = append(append(bytes.Clone(jpeg[:2]), "\xff\xe2\x00\x1aICC_PROFILE\x00\x01\x01abcdefgh12"...), jpeg[2:]...)
	if out := file(jpeg, 40_000, false); !has(out, "abcdefgh12") {
		t.Error("the profile of a JPEG got lost")
	}
	small := file(jpeg, 4_000, false)
	if !small.Scaled {
		t.Error("it does not say that it was scaled")
	}
}

func TestPreviewsAreSmall(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		data []byte
		same bool
	}{
		{"a small JPEG", recorded(t, "progressive.jpg"), true},
		{"a large one", jpegOf(t, noise(512, 512, 60)), false},
		{"noise", pngOf(t, noise(900, 400, 256)), false},
		{"many bytes in few pixels", pngOf(t, noise(300, 300, 256)), false},
		{"an animation", recorded(t, "animated.webp"), false},
	} {
		out, err := picture.Preview(t.Context(), c.data)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if len(out.Data) > picture.PreviewBytes || max(out.Width, out.Height) > picture.PreviewEdge || bytes.Equal(out.Data, c.data) != c.same {
			t.Errorf("%s: %d bytes, %d × %d", c.name, len(out.Data), out.Width, out.Height)
		}
		if out.Kind != picture.JPEG {
			t.Errorf("%s became %s", c.name, out.Kind)
		}
		decode(t, out.Data)
	}
	if _, err := picture.Preview(t.Context(), []byte("no picture")); !errors.Is(err, picture.ErrForeign) {
		t.Errorf("%v", err)
	}
}

// A picture of one colour stays so at every size, and a half stays a half.
func TestScalingAverages(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 997, 613))
	draw.Draw(m, m.Rect, image.NewUniform(color.NRGBA{10, 200, 90, 255}), image.Point{}, draw.Src)
	out, err := picture.Preview(t.Context(), jpegOf(t, m))
	if err != nil {
		t.Fatal(err)
	}
	read, _ := decode(t, out.Data)
	for _, p := range []image.Point{{0, 0}, {out.Width - 1, 0}, {0, out.Height - 1}, {out.Width - 1, out.Height - 1}, {100, 100}} {
		if !sameColor(read.At(p.X, p.Y), color.NRGBA{10, 200, 90, 255}, 4) {
			t.Errorf("at %v: %v", p, read.At(p.X, p.Y))
		}
	}
	if out.Width != 320 || out.Height != 196 {
		t.Errorf("%d × %d", out.Width, out.Height)
	}
}
