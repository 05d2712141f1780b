package comfysim

import (
	"context"
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
)

func emptyImage(_ context.Context, c *call) (*result, error) {
	rgb := c.integer("color")
	return uniform(c, color.RGBA{uint8(rgb >> 16), uint8(rgb >> 8), uint8(rgb), 255})
}

func solidMask(_ context.Context, c *call) (*result, error) {
	v := uint8(math.Round(c.float("value") * 255))
	return uniform(c, color.RGBA{v, v, v, 255})
}

// uniform makes a batch of one colour; its pictures share their pixels.
func uniform(c *call, col color.RGBA) (*result, error) {
	width, height := c.integer("width"), c.integer("height")
	if err := fits(width, height, 1); err != nil {
		return nil, err
	}
	img := newPicture(width, height)
	fill(img, col)
	return outputs(repeat(pictures{img}, max(c.integer("batch_size"), 1)))
}

func repeat(p pictures, n int) pictures {
	var list pictures
	for range n {
		list = append(list, p...)
	}
	return list
}

func firstPictures(_ context.Context, c *call) (*result, error) {
	for _, name := range c.inputs.keys {
		if p, ok := c.inputs.get(name).(pictures); ok {
			return outputs(p)
		}
	}
	return nil, &nodeError{kind: "TypeError", message: "expected an image"}
}

// mapPictures is a node of one image input that changes each picture.
func mapPictures(change func(*image.RGBA) *image.RGBA) node {
	return func(ctx context.Context, c *call) (*result, error) {
		in, err := firstPictures(ctx, c)
		if err != nil {
			return nil, err
		}
		return outputs(each(in.outputs[0].(pictures), change))
	}
}

// each changes every distinct picture once.
func each(p pictures, change func(*image.RGBA) *image.RGBA) pictures {
	done := map[*image.RGBA]*image.RGBA{}
	list := make(pictures, len(p))
	for i, img := range p {
		if done[img] == nil {
			done[img] = change(img)
		}
		list[i] = done[img]
	}
	return list
}

func invert(img *image.RGBA) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	for i := 0; i < len(img.Pix); i += 4 {
		out.Pix[i], out.Pix[i+1], out.Pix[i+2], out.Pix[i+3] = 255-img.Pix[i], 255-img.Pix[i+1], 255-img.Pix[i+2], img.Pix[i+3]
	}
	return out
}

func imageFlip(_ context.Context, c *call) (*result, error) {
	p, err := c.pictures("image")
	if err != nil {
		return nil, err
	}
	sideways := c.text("flip_method") != "x-axis: vertically"
	return outputs(each(p, func(img *image.RGBA) *image.RGBA {
		b := img.Bounds()
		out := image.NewRGBA(b)
		for y := range b.Dy() {
			for x := range b.Dx() {
				if sideways {
					out.SetRGBA(b.Dx()-1-x, y, img.RGBAAt(x, y))
				} else {
					out.SetRGBA(x, b.Dy()-1-y, img.RGBAAt(x, y))
				}
			}
		}
		return out
	}))
}

func imageCrop(_ context.Context, c *call) (*result, error) {
	p, err := c.pictures("image")
	if err != nil {
		return nil, err
	}
	w, h := p.size()
	x, y := min(c.integer("x"), w-1), min(c.integer("y"), h-1)
	area := image.Rect(x, y, x+max(c.integer("width"), 1), y+max(c.integer("height"), 1)).Intersect(p[0].Rect)
	return outputs(each(p, func(img *image.RGBA) *image.RGBA {
		out := newPicture(area.Dx(), area.Dy())
		draw.Copy(out, image.Point{}, img, area, draw.Src, nil)
		return out
	}))
}

func imageScale(_ context.Context, c *call) (*result, error) {
	p, err := c.pictures("image")
	if err != nil {
		return nil, err
	}
	w, h := p.size()
	width, height := c.integer("width"), c.integer("height")
	switch { // 0 keeps the proportions
	case width == 0 && height == 0:
		return outputs(p)
	case width == 0:
		width = max(1, int(math.Round(float64(w)*float64(height)/float64(h))))
	case height == 0:
		height = max(1, int(math.Round(float64(h)*float64(width)/float64(w))))
	}
	return scaled(p, width, height, c.text("upscale_method"))
}

func imageScaleBy(_ context.Context, c *call) (*result, error) {
	p, err := c.pictures("image")
	if err != nil {
		return nil, err
	}
	w, h := p.size()
	by := c.float("scale_by")
	return scaled(p, int(math.Round(float64(w)*by)), int(math.Round(float64(h)*by)), c.text("upscale_method"))
}

func scaled(p pictures, width, height int, method string) (*result, error) {
	if err := fits(width, height, len(p)); err != nil {
		return nil, err
	}
	return outputs(each(p, func(img *image.RGBA) *image.RGBA { return resize(img, width, height, scaler(method)) }))
}

func scaler(method string) draw.Scaler {
	switch method {
	case "nearest-exact":
		return draw.NearestNeighbor
	case "bilinear", "area":
		return draw.BiLinear
	}
	return draw.CatmullRom
}

func resize(img image.Image, width, height int, by draw.Scaler) *image.RGBA {
	out := newPicture(width, height)
	by.Scale(out, out.Bounds(), img, img.Bounds(), draw.Src, nil)
	return out
}
