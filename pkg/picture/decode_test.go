package picture_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"io"
	"runtime"
	"strings"
	"testing"

	"discomfy/pkg/picture"
)

// The recorded pictures are 24 × 16: red grows to the right, green downwards.
// Those with alpha are transparent on the left.
func TestPicturesOfOtherProgramsAreRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name               string
		kind               picture.Kind
		alpha, animated    bool
		orientation        int
		topLeft, downRight color.NRGBA
		width, height      int // upright
	}{
		{"turned.jpg", picture.JPEG, false, false, 6, dark(0, 255), color.NRGBA{255, 0, 128, 255}, 16, 24},
		{"turned.webp", picture.WebP, false, false, 6, dark(0, 255), color.NRGBA{255, 0, 128, 255}, 16, 24},
		{"progressive.jpg", picture.JPEG, false, false, 1, dark(0, 0), dark(255, 255), 24, 16},
		{"cmyk.jpg", picture.JPEG, false, false, 1, dark(0, 0), dark(255, 255), 24, 16},
		{"gray.jpg", picture.JPEG, false, false, 1, color.NRGBA{15, 15, 15, 255}, color.NRGBA{240, 240, 240, 255}, 24, 16},
		{"alpha.webp", picture.WebP, true, false, 1, color.NRGBA{0, 0, 128, 0}, dark(255, 255), 24, 16},
		{"lossless.webp", picture.WebP, true, false, 6, color.NRGBA{}, color.NRGBA{255, 0, 128, 255}, 16, 24},
		{"animated.webp", picture.WebP, true, true, 6, dark(0, 255), color.NRGBA{255, 0, 128, 255}, 16, 24},
		{"animated-alpha.webp", picture.WebP, true, true, 1, color.NRGBA{0, 0, 128, 0}, dark(255, 255), 24, 16},
		{"animated.gif", picture.GIF, true, true, 1, dark(0, 0), dark(255, 255), 24, 16},
		{"animated.png", picture.PNG, false, true, 1, dark(0, 0), dark(255, 255), 24, 16},
		{"alpha.png", picture.PNG, true, false, 1, color.NRGBA{0, 0, 128, 0}, dark(255, 255), 24, 16},
		{"interlaced.png", picture.PNG, true, false, 1, color.NRGBA{0, 0, 128, 0}, dark(255, 255), 24, 16},
		{"comfyui.png", picture.PNG, false, false, 6, dark(0, 255), color.NRGBA{255, 0, 128, 255}, 16, 24},
		{"plain.bmp", picture.BMP, true, false, 1, dark(0, 0), dark(255, 255), 24, 16},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, i := decode(t, recorded(t, c.name))
			if i.Kind != c.kind || i.Alpha != c.alpha || i.Animated != c.animated || i.Orientation != c.orientation || i.Width != 24 || i.Height != 16 {
				t.Errorf("headers: %+v", i)
			}
			if m.Bounds() != image.Rect(0, 0, c.width, c.height) {
				t.Fatalf("bounds %v", m.Bounds())
			}
			if i.Memory < 24*16 || i.Memory > 24*16*64 {
				t.Errorf("it is said to take %d bytes", i.Memory)
			}
			first, last := pixels(m).At(0, 0), pixels(m).At(c.width-1, c.height-1)
			if c.kind == picture.GIF || c.name == "alpha.webp" || c.name == "animated-alpha.webp" {
				first = last // palettes and hidden colours may be anything
				c.topLeft = c.downRight
			}
			if !sameColor(first, c.topLeft, 60) || !sameColor(last, c.downRight, 60) {
				t.Errorf("corners %v and %v, want %v and %v", first, last, c.topLeft, c.downRight)
			}
		})
	}
}

func dark(r, g uint8) color.NRGBA { return color.NRGBA{r, g, 128, 255} }

// Transparent pixels must come out transparent from every format that has them.
func TestTransparencyIsKept(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"alpha.webp", "animated-alpha.webp", "alpha.png"} {
		m, _ := decode(t, recorded(t, name))
		if _, _, _, left := m.At(0, 0).RGBA(); left != 0 {
			t.Errorf("%s: the left has alpha %d", name, left)
		}
		if _, _, _, right := m.At(23, 0).RGBA(); right != 0xffff {
			t.Errorf("%s: the right has alpha %d", name, right)
		}
	}
}

func TestWhatIsNoPictureIsNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, data, want string }{
		{"avif", string(recorded(t, "plain.avif")), "AVIF is not supported"},
		{"heic", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "HEIC is not supported"},
		{"video", "\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isomiso2", "it is a video (MP4)"},
		{"sound", "fLaC\x00\x00\x00\x22", "it is sound (FLAC)"},
		{"text", "hello there, I am a text", "send PNG"},
		{"nothing", "", "send PNG"},
	} {
		_, _, err := picture.Decode(t.Context(), strings.NewReader(c.data), int64(len(c.data)), picture.Limits{})
		if !errors.Is(err, picture.ErrForeign) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestEveryTruncationIsDamagedOrWhole(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"turned.jpg", "progressive.jpg", "lossless.webp", "alpha.webp", "animated.webp", "animated.gif", "comfyui.png", "plain.bmp"} {
		data := recorded(t, name)
		for n := range data {
			_, _, err := picture.Decode(t.Context(), bytes.NewReader(data[:n]), int64(n), picture.Limits{})
			if err != nil && !errors.Is(err, picture.ErrDamaged) && !errors.Is(err, picture.ErrForeign) {
				t.Fatalf("%s cut at %d: %v", name, n, err)
			}
			if err == nil && n < len(data)/2 {
				t.Fatalf("%s cut at %d of %d is read", name, n, len(data))
			}
		}
	}
}

// bomb is a PNG header that claims a size.
func bomb(width, height uint32) []byte {
	ihdr := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	data := append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", append(ihdr, 8, 6, 0, 0, 0))...)
	return append(append(data, pngChunk("IDAT", []byte("\x78\x9c\x4b\x04\x02"))...), pngChunk("IEND", nil)...) // it begins well
}

func TestBombsAreRefusedBeforeMemoryIsTaken(t *testing.T) { // alone: it looks at the memory of the process
	for _, c := range []struct {
		name string
		data []byte
		want error
	}{
		{"more pixels than its bytes can hold", bomb(16000, 4000), picture.ErrDamaged},
		{"an endless side", bomb(1<<31, 1), picture.ErrDamaged},
		{"no pixels", bomb(0, 5), picture.ErrDamaged},
		{"too many pixels", append(bomb(16384, 16384), make([]byte, 2<<20)...), picture.ErrLarge},
		{"too long a side", bomb(20000, 1), picture.ErrLarge},
		{"a bitmap without its pixels", bmpBomb(10000, 6000), picture.ErrDamaged},
		{"a progressive JPEG", jpegBomb(60000, 60000), picture.ErrLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _, err := picture.Decode(t.Context(), bytes.NewReader(c.data), int64(len(c.data)), picture.Limits{})
			runtime.ReadMemStats(&after)
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if taken := after.TotalAlloc - before.TotalAlloc; taken > 1<<20 {
				t.Errorf("took %d bytes", taken)
			}
		})
	}
}

func bmpBomb(width, height uint32) []byte {
	b := append([]byte("BM"), make([]byte, 52)...)
	binary.LittleEndian.PutUint32(b[10:], 54)
	binary.LittleEndian.PutUint32(b[14:], 40)
	binary.LittleEndian.PutUint32(b[18:], width)
	binary.LittleEndian.PutUint32(b[22:], height)
	b[26], b[28] = 1, 32
	return b
}

func jpegBomb(width, height uint16) []byte {
	b := []byte("\xff\xd8\xff\xc2\x00\x11\x08")
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, height), width)
	return append(b, "\x03\x01\x11\x00\x02\x11\x01\x03\x11\x01\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\xff\xd9"...)
}

func TestMemoryIsBoundedForWhatTakesMoreThanItsPixels(t *testing.T) {
	t.Parallel()
	data := jpegBomb(8000, 8000) // 64 million pixels are allowed, the coefficients of a progressive file are too much
	_, _, err := picture.Decode(t.Context(), bytes.NewReader(data), int64(len(data)), picture.Limits{})
	if !errors.Is(err, picture.ErrLarge) || !strings.Contains(err.Error(), "MiB to decode") {
		t.Errorf("%v", err)
	}
}

func TestDecodingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	data := recorded(t, "comfyui.png")
	if _, _, err := picture.Decode(ctx, bytes.NewReader(data), int64(len(data)), picture.Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestAReadersErrorIsNotThePicturesFault(t *testing.T) {
	t.Parallel()
	data := recorded(t, "comfyui.png")
	broken := errors.New("the disk is on fire")
	for fails := range 12 {
		r := &countingReader{ReaderAt: bytes.NewReader(data), fails: fails, err: broken}
		_, _, err := picture.Decode(t.Context(), r, int64(len(data)), picture.Limits{})
		if err != nil && !errors.Is(err, broken) {
			t.Fatalf("read %d fails: %v", fails, err)
		}
	}
}

// countingReader fails at one of its reads.
type countingReader struct {
	io.ReaderAt
	reads, fails int
	err          error
}

func (r *countingReader) ReadAt(p []byte, at int64) (int, error) {
	if r.reads++; r.err != nil && r.reads > r.fails {
		return 0, r.err
	}
	return r.ReaderAt.ReadAt(p, at)
}

// panicking is a file at which a decoder panics, after so many reads.
type panicking struct {
	io.ReaderAt
	left int
}

func (r *panicking) ReadAt(p []byte, at int64) (int, error) {
	if r.left--; r.left < 0 {
		panic("index out of range")
	}
	return r.ReaderAt.ReadAt(p, at)
}

// A decoder's panic is a fault of it that a file has found: the file is damaged
// then.
func TestADecoderThatPanics(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"comfyui.png", "turned.jpg", "lossless.webp", "animated.webp", "animated.gif", "plain.bmp"} {
		data := recorded(t, name)
		headers := &countingReader{ReaderAt: bytes.NewReader(data)}
		if _, err := picture.Inspect(headers, int64(len(data))); err != nil {
			t.Fatal(err)
		}
		for reads := headers.reads; ; reads++ {
			_, _, err := picture.Decode(t.Context(), &panicking{bytes.NewReader(data), reads}, int64(len(data)), picture.Limits{})
			if err == nil {
				break
			}
			if !errors.Is(err, picture.ErrDamaged) || !strings.Contains(err.Error(), "index out of range") {
				t.Fatalf("%s, read %d: %v", name, reads, err)
			}
		}
	}
}
