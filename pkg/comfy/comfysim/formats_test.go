package comfysim

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/webp"
)

func TestNumbersAndTextsLookLikePython(t *testing.T) {
	t.Parallel()
	for in, want := range map[pyFloat]string{
		0: "0.0", 4: "4.0", 0.5: "0.5", -1e15: "-1000000000000000.0", 1e16: "1e+16", 1.5e-5: "1.5e-05", 0.0001: "0.0001",
	} {
		if got := in.String(); got != want {
			t.Errorf("%g: %s, want %s", float64(in), got, want)
		}
	}
	v, err := decode([]byte(`{"a": [1, 2.50, null, true, "it's", "say \"it's\""]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := pyRepr(v), `{'a': [1, 2.50, None, True, "it's", 'say "it's"']}`; got != want {
		t.Errorf("repr: %s, want %s", got, want)
	}
}

// A tensor of few values is printed whole; the recordings show a large one.
func TestSmallTensorIsPrintedWhole(t *testing.T) {
	t.Parallel()
	img := image.NewRGBA(image.Rect(0, 0, 2, 1))
	img.SetRGBA(0, 0, color.RGBA{255, 0, 255, 255})
	if got, want := (pictures{img}).tensor(), "tensor([[[[1., 0., 1.],\n          [0., 0., 0.]]]])"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestWebPIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	img := image.NewNRGBA(image.Rect(0, 0, 37, 11))
	for i := range img.Pix {
		img.Pix[i] = uint8(i * 7)
	}
	got, err := webp.Decode(bytes.NewReader(encodeWebP(img)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(img.Pix, got.(*image.NRGBA).Pix); diff != "" {
		t.Error(diff)
	}
}

func TestPNGCarriesThePrompt(t *testing.T) {
	t.Parallel()
	data := encodePNG(image.NewRGBA(image.Rect(0, 0, 1, 1)), []textChunk{{"prompt", asciiJSON("é😀")}})
	if !bytes.Contains(data, []byte("tEXtprompt\x00\"\\u00e9\\ud83d\\ude00\"")) {
		t.Errorf("no text chunk in %q", data)
	}
	if _, err := png.Decode(bytes.NewReader(data)); err != nil {
		t.Error(err) // checksums too
	}
}

func TestWrapKeepsWithinItsWidth(t *testing.T) {
	t.Parallel()
	got := wrap("a lighthouse "+strings.Repeat("x", 40)+" at dawn and more", 12, 2)
	if diff := cmp.Diff([]string{"a lighthouse", "xxxxxxxxxxxx..."}, got); diff != "" {
		t.Error(diff)
	}
}
