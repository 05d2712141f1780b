package comfysim

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
)

// maxPixels bounds what one node may make; beyond it the fake is out of memory, as a GPU would be.
const maxPixels = 1 << 26

// pictures is an IMAGE (or MASK): a batch of pictures of one size. They are never changed once made.
type pictures []*image.RGBA

// fits fails like a GPU that is too small for a batch of pictures.
func fits(width, height, batch int) error {
	if width < 1 || height < 1 || batch < 1 {
		return &nodeError{kind: "RuntimeError", message: "Trying to create tensor with a dimension of zero or less"}
	}
	if width > maxPixels/height || batch > maxPixels/(width*height) {
		return outOfMemory(float64(width) * float64(height) * float64(batch) * 12 / (1 << 30))
	}
	return nil
}

func outOfMemory(gib float64) *nodeError {
	return &nodeError{kind: "torch.OutOfMemoryError", message: fmt.Sprintf("CUDA out of memory. Tried to allocate %.2f GiB\n"+
		"This error means you ran out of memory on your GPU.\n\nTIPS: a smaller picture or batch may fit.", gib)}
}

func newPicture(width, height int) *image.RGBA { return image.NewRGBA(image.Rect(0, 0, width, height)) }

func (p pictures) size() (width, height int) {
	b := p[0].Bounds()
	return b.Dx(), b.Dy()
}

// tensor prints the pictures as torch prints a tensor of shape [batch, height, width, 3]: a large one shows three
// entries at each end of a dimension, separated by an ellipsis.
func (p pictures) tensor() string {
	if len(p) == 0 {
		return "tensor([])"
	}
	w, h := p.size()
	t := tensorPrinter{shape: []int{len(p), h, w, 3}, at: func(i []int) float64 {
		c := p[i[0]].RGBAAt(i[2], i[1])
		return float64([]uint8{c.R, c.G, c.B}[i[3]]) / 255
	}}
	t.summarise = len(p)*w*h*3 > 1000
	t.whole = t.allWhole(nil)
	return "tensor(" + t.text(nil) + ")"
}

type tensorPrinter struct {
	shape     []int
	at        func(index []int) float64
	summarise bool
	whole     bool // only 0 and 1: printed without digits
}

// shown are the indices printed of one dimension; -1 is the ellipsis.
func (t *tensorPrinter) shown(dim int) []int {
	n := t.shape[dim]
	var list []int
	for i := range n {
		switch {
		case !t.summarise || n <= 6 || i < 3 || i >= n-3:
			list = append(list, i)
		case i == 3:
			list = append(list, -1)
		}
	}
	return list
}

func (t *tensorPrinter) allWhole(index []int) bool {
	if len(index) == len(t.shape) {
		v := t.at(index)
		return v == math.Trunc(v)
	}
	for _, i := range t.shown(len(index)) {
		if i >= 0 && !t.allWhole(append(slices.Clip(index), i)) {
			return false
		}
	}
	return true
}

func (t *tensorPrinter) text(index []int) string {
	depth := len(index)
	if depth == len(t.shape) {
		if t.whole {
			return fmt.Sprintf("%.0f.", t.at(index))
		}
		return fmt.Sprintf("%.4f", t.at(index))
	}
	var parts []string
	for _, i := range t.shown(depth) {
		if i < 0 {
			parts = append(parts, "...")
			continue
		}
		parts = append(parts, t.text(append(slices.Clip(index), i)))
	}
	inner := len(t.shape) - depth - 1
	separator := ", "
	if inner > 0 {
		separator = "," + strings.Repeat("\n", inner) + strings.Repeat(" ", len("tensor(")+depth+1)
	}
	return "[" + strings.Join(parts, separator) + "]"
}

// fill paints every pixel.
func fill(img *image.RGBA, c color.RGBA) {
	for i := 0; i < len(img.Pix); i += 4 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = c.R, c.G, c.B, c.A
	}
}
