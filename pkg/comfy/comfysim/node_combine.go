package comfysim

import (
	"context"
	"image"

	"golang.org/x/image/draw"
)

func imageBlend(_ context.Context, c *call) (*result, error) {
	a, b, err := c.twoPictures("image1", "image2")
	if err != nil {
		return nil, err
	}
	factor, mode := c.float("blend_factor"), c.text("blend_mode")
	list := make(pictures, len(a))
	for i := range a {
		list[i] = blend(a[i], fit(b[i%len(b)], a[i].Rect), mode, factor)
	}
	return outputs(list)
}

func (c *call) twoPictures(first, second string) (a, b pictures, err error) {
	if a, err = c.pictures(first); err != nil {
		return nil, nil, err
	}
	if b, err = c.pictures(second); err != nil {
		return nil, nil, err
	}
	w, h := a.size()
	return a, b, fits(w, h, len(a)) // the result is new, and as large
}

func fit(img *image.RGBA, to image.Rectangle) *image.RGBA {
	if img.Rect == to {
		return img
	}
	return resize(img, to.Dx(), to.Dy(), draw.CatmullRom)
}

func blend(a, b *image.RGBA, mode string, factor float64) *image.RGBA {
	out := image.NewRGBA(a.Rect)
	for i := range a.Pix {
		if i%4 == 3 {
			out.Pix[i] = 255
			continue
		}
		x, y := float64(a.Pix[i])/255, float64(b.Pix[i])/255
		v := x*(1-factor) + blendMode(mode, x, y)*factor
		out.Pix[i] = uint8(min(max(v, 0), 1)*255 + 0.5)
	}
	return out
}

func blendMode(mode string, x, y float64) float64 {
	switch mode {
	case "multiply":
		return x * y
	case "screen":
		return 1 - (1-x)*(1-y)
	case "overlay":
		if x <= 0.5 {
			return 2 * x * y
		}
		return 1 - 2*(1-x)*(1-y)
	case "soft_light":
		return x - (1-2*y)*x*(1-x)
	case "difference":
		return x - y
	}
	return y
}

func imageComposite(_ context.Context, c *call) (*result, error) {
	dst, src, err := c.twoPictures("destination", "source")
	if err != nil {
		return nil, err
	}
	mask, _ := c.inputs.get("mask").(pictures)
	at := image.Pt(c.integer("x"), c.integer("y"))
	list := make(pictures, len(dst))
	for i, d := range dst {
		s := src[i%len(src)]
		if c.inputs.get("resize_source") == true {
			s = fit(s, d.Rect)
		}
		out := image.NewRGBA(d.Rect)
		copy(out.Pix, d.Pix)
		area := s.Rect.Add(at)
		if len(mask) == 0 {
			draw.Draw(out, area, s, image.Point{}, draw.Src)
		} else {
			draw.DrawMask(out, area, s, image.Point{}, alphaOf(fit(mask[i%len(mask)], s.Rect)), image.Point{}, draw.Over)
		}
		list[i] = out
	}
	return outputs(list)
}

// alphaOf turns a mask's brightness into opacity.
func alphaOf(img *image.RGBA) *image.Alpha {
	out := image.NewAlpha(img.Rect)
	for i := range out.Pix {
		out.Pix[i] = img.Pix[i*4]
	}
	return out
}

func imageBatch(_ context.Context, c *call) (*result, error) {
	a, b, err := c.twoPictures("image1", "image2")
	if err != nil {
		return nil, err
	}
	rest := each(b, func(img *image.RGBA) *image.RGBA { return fit(img, a[0].Rect) })
	return outputs(append(append(pictures{}, a...), rest...))
}

func imageFromBatch(_ context.Context, c *call) (*result, error) {
	p, err := c.pictures("image")
	if err != nil {
		return nil, err
	}
	from := c.integer("batch_index")
	if from < 0 {
		from += len(p)
	}
	from = min(max(from, 0), len(p)-1)
	return outputs(p[from:min(from+max(c.integer("length"), 1), len(p))])
}

func repeatImageBatch(_ context.Context, c *call) (*result, error) {
	p, err := c.pictures("image")
	if err != nil {
		return nil, err
	}
	return outputs(repeat(p, max(c.integer("amount"), 1)))
}
