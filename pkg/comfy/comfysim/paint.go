package comfysim

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"strings"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// painting is what stands in for a sampled picture: coloured waves drawn from the seed, with the prompt, the seed
// and the size written on the finished one.
type painting struct {
	prompt        string
	seed          uint64
	model         model
	steps         int
	width, height int
	base          pictures
	denoise       float64
}

// previewSize is the side that previews are scaled to, ComfyUI's MAX_PREVIEW_RESOLUTION; the picture behind is
// an eighth of the real one, as a latent is.
const previewSize = 512

// wave is one component of the pattern.
type wave struct{ fx, fy, phase, weight float64 }

// pattern computes colours at relative coordinates.
type pattern struct {
	waves   []wave
	palette [3][3]float64 // offset, amplitude and phase of red, green, blue
}

func newPattern(seed uint64, batch int) *pattern {
	r := rand.New(rand.NewPCG(seed, uint64(batch)+0x9e3779b97f4a7c15))
	p := &pattern{}
	for range 5 {
		p.waves = append(p.waves, wave{r.Float64()*9 - 4.5, r.Float64()*9 - 4.5, r.Float64() * 2 * math.Pi, 0.4 + r.Float64()})
	}
	hue := r.Float64()
	for i := range p.palette {
		p.palette[i] = [3]float64{0.5, 0.32 + 0.15*r.Float64(), hue + float64(i)*(0.12+0.2*r.Float64())}
	}
	return p
}

// at is the colour at (x, y) in [0, 1); noise in [0, 1] is how little of the picture has formed.
func (p *pattern) at(x, y, noise float64, r *rand.Rand) color.RGBA {
	v := 0.0
	for _, w := range p.waves {
		v += w.weight * math.Sin(w.fx*x+w.fy*y+w.phase+math.Sin(w.fy*x*1.7-w.fx*y))
	}
	var c [3]uint8
	for i, m := range p.palette {
		f := m[0] + m[1]*math.Cos(2*math.Pi*(0.22*v+m[2]))
		if noise > 0 {
			f = f*(1-noise) + r.Float64()*noise
		}
		c[i] = uint8(min(max(f, 0), 1) * 255)
	}
	return color.RGBA{c[0], c[1], c[2], 255}
}

// render paints at a size; noise is 1 before the first step and 0 in the end.
func (a *painting) render(width, height, batch int, noise float64) *image.RGBA {
	img := newPicture(width, height)
	p := newPattern(a.seed, batch)
	r := rand.New(rand.NewPCG(a.seed, uint64(noise*1000)))
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, p.at(float64(x)/float64(width), float64(y)/float64(height), noise, r))
		}
	}
	if len(a.base) == 0 || a.denoise >= 1 {
		return img
	}
	return blend(fit(a.base[batch%len(a.base)], img.Rect), img, "normal", a.denoise)
}

// preview is the picture after a share of the steps: small, enlarged, the less noisy the later.
func (a *painting) preview(share float64) []byte {
	small := a.render(max(a.width/8, 1), max(a.height/8, 1), 0, math.Pow(1-share, 1.5))
	w, h := contain(small.Rect.Dx(), small.Rect.Dy(), previewSize)
	return encodeJPEG(resize(small, w, h, draw.BiLinear), 95)
}

// contain scales a size so that its longer side has the given length.
func contain(w, h, side int) (int, int) {
	if w >= h {
		return side, max(1, h*side/w)
	}
	return max(1, w*side/h), side
}

func (a *painting) finished(batch int) *image.RGBA {
	img := a.render(a.width, a.height, batch, 0)
	facts := fmt.Sprintf("seed %d", a.seed)
	if batch > 0 {
		facts += fmt.Sprintf(" #%d", batch+1)
	}
	lines := append(wrap(a.prompt, (a.width-16)/7, 3), facts, fmt.Sprintf("%dx%d  %d steps", a.width, a.height, a.steps))
	if len(a.model.loras) > 0 {
		lines = append(lines, strings.Join(a.model.loras, ", "))
	}
	caption(img, lines)
	return img
}

// caption writes lines on a darkened band at the bottom, as large as fits well.
func caption(img *image.RGBA, lines []string) {
	scale := max(1, min(img.Rect.Dx()/384, img.Rect.Dy()/256))
	const lineHeight, margin = 15, 8
	band := newPicture(img.Rect.Dx()/scale, len(lines)*lineHeight+margin)
	fill(band, color.RGBA{0, 0, 0, 150})
	d := font.Drawer{Dst: band, Src: image.White, Face: basicfont.Face7x13}
	for i, line := range lines {
		d.Dot = fixed.P(margin, (i+1)*lineHeight)
		d.DrawString(line)
	}
	top := img.Rect.Dy() - band.Rect.Dy()*scale
	draw.NearestNeighbor.Scale(img, image.Rect(0, top, img.Rect.Dx(), img.Rect.Dy()), band, band.Rect, draw.Over, nil)
}

// wrap breaks a text into at most rows lines of at most width characters.
func wrap(text string, width, rows int) []string {
	width = max(width, 4)
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if r := []rune(word); len(r) > width {
			word = string(r[:width])
		}
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
		if len(lines) == rows {
			lines[rows-1] += "..."
			return lines
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines[:min(len(lines), rows)]
}

// grey is what an empty latent decodes to.
func grey(width, height int) *image.RGBA {
	img := newPicture(width, height)
	fill(img, color.RGBA{127, 127, 127, 255})
	return img
}
