package discord_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"testing"

	"discomfy/pkg/discord/discordsim"
)

// halves is a picture whose left half differs from its right one.
func halves(left, right color.Color) discordsim.Upload {
	m := image.NewNRGBA(image.Rect(0, 0, 16, 8))
	for y := range 8 {
		for x := range 16 {
			m.Set(x, y, right)
			if x < 8 {
				m.Set(x, y, left)
			}
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, m) // a buffer takes everything
	return discordsim.Upload{Name: "a.png", Type: "image/png", Data: b.Bytes()}
}

// stored is an input as the bridge will read it.
func (s *stack) stored(name string) image.Image {
	s.Helper()
	r, err := s.broker.GetInput(s.Context(), name)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	data, err := io.ReadAll(r)
	if err != nil {
		s.Fatal(err)
	}
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		s.Fatal(err)
	}
	return m
}

// White in a mask is painted over; without a mask what is transparent is, and
// stays so on its way.
func TestWhatEditPaintsOver(t *testing.T) {
	t.Parallel()
	red, white, black := color.NRGBA{200, 30, 30, 255}, color.White, color.Black
	for name, options := range map[string]map[string]any{
		"a mask":       {"workflow": "test-inpaint", "image": halves(red, red), "mask": halves(white, black)},
		"transparency": {"workflow": "test-inpaint", "image": halves(color.NRGBA{200, 30, 30, 0}, red)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, settings{})
			options["prompt"] = "blue"
			r := s.ordered(s.invoke("edit", options))
			over := func(x int) bool {
				if mask, ok := r.Inputs["mask"]; ok {
					l, _, _, _ := s.stored(mask).At(x, 4).RGBA()
					return l > 0x8000
				}
				_, _, _, a := s.stored(r.Inputs["image"]).At(x, 4).RGBA()
				return a < 0x8000
			}
			if !over(3) || over(12) {
				t.Errorf("painted over: left %v, right %v", over(3), over(12))
			}
		})
	}
}
