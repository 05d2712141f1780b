package discordsim_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
)

// scenery paints something like a coast in the evening: smooth where nothing is, different for every seed.
func scenery(w, h int, seed float64) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	wave := func(x, f, p float64) float64 { return math.Sin(x*f+p+seed*2.3) * 0.5 }
	for y := range h {
		for x := range w {
			u, v := float64(x)/float64(w), float64(y)/float64(h)
			sky := color.RGBA{uint8(70 + 150*v + 20*math.Sin(seed)), uint8(95 + 70*v), uint8(140 - 20*v + 30*math.Cos(seed)), 255}
			hill := 0.62 + 0.06*wave(u, 7, 0) + 0.03*wave(u, 19, 1)
			near := 0.8 + 0.05*wave(u, 5, 2)
			sun := math.Hypot(u-0.3-0.2*math.Sin(seed), (v-0.42)*float64(h)/float64(w))
			switch {
			case v > near:
				sky = color.RGBA{24, uint8(44 + 10*u), 46, 255}
			case v > hill:
				sky = color.RGBA{uint8(52 + 30*(v-hill)), uint8(78 + 40*(v-hill)), 92, 255}
			case sun < 0.06:
				sky = color.RGBA{250, 226, 170, 255}
			}
			img.SetRGBA(x, y, sky)
		}
	}
	return img
}

func paintedPNG(w, h int, seed float64) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, scenery(w, h, seed))
	return b.Bytes()
}

func paintedJPEG(w, h int, seed float64) []byte {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, scenery(w, h, seed), &jpeg.Options{Quality: 88})
	return b.Bytes()
}
