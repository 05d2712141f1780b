package picture_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"discomfy/pkg/picture"
)

// recorded reads a file of testdata, which other programs have written.
func recorded(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// noise is a picture that hardly compresses; amplitude 256 not at all. Where it
// is 1 there is nothing but a slope of colours.
func noise(width, height, amplitude int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	random := rand.New(rand.NewPCG(1, uint64(amplitude)))
	base := 256 - amplitude
	for y := range height {
		row := m.Pix[y*m.Stride:][:4*width]
		for x := range width {
			bits, px := random.Uint64(), row[4*x:][:4]
			px[0] = uint8(base*x/width + int(bits&0xff)*amplitude/256)
			px[1] = uint8(base*y/height + int(bits>>8&0xff)*amplitude/256)
			px[2] = uint8(base/2 + int(bits>>16&0xff)*amplitude/256)
			px[3] = 255
		}
	}
	return m
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pngChunk is a whole chunk.
func pngChunk(name string, body []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, name...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// withChunk puts a chunk behind a PNG's header.
func withChunk(file []byte, name, body string) []byte {
	const at = 33
	return append(append(bytes.Clone(file[:at]), pngChunk(name, []byte(body))...), file[at:]...)
}

func decode(t testing.TB, data []byte) (image.Image, picture.Info) {
	t.Helper()
	m, i, err := picture.Decode(t.Context(), bytes.NewReader(data), int64(len(data)), picture.Limits{})
	if err != nil {
		t.Fatalf("decode: %v", err)
	}
	return m, i
}

func inspect(data []byte) (picture.Info, error) {
	return picture.Inspect(bytes.NewReader(data), int64(len(data)))
}

// pixels gives every pixel as straight RGBA, for comparing.
func pixels(m image.Image) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	draw.Draw(out, out.Rect, m, m.Bounds().Min, draw.Src)
	return out
}

func sameColor(a, b color.Color, tolerance int) bool {
	x, y := color.NRGBAModel.Convert(a).(color.NRGBA), color.NRGBAModel.Convert(b).(color.NRGBA)
	near := func(a, b uint8) bool { return int(a)-int(b) <= tolerance && int(b)-int(a) <= tolerance }
	return near(x.R, y.R) && near(x.G, y.G) && near(x.B, y.B) && near(x.A, y.A)
}
