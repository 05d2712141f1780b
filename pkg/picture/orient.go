package picture

import "image"

// upright turns and mirrors a picture as its EXIF orientation says.
func upright(m image.Image, orientation int) image.Image {
	if orientation <= 1 || orientation > 8 {
		return m
	}
	from := straight(m)
	w, h := from.Rect.Dx(), from.Rect.Dy()
	start, dx, dy := strides(orientation, w, h)
	if orientation >= 5 {
		w, h = h, w
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		row := out.Pix[y*out.Stride:][:4*w]
		x0, y0 := start.X+y*dy.X, start.Y+y*dy.Y
		for x := range w {
			at := (y0+x*dx.Y)*from.Stride + 4*(x0+x*dx.X)
			copy(row[4*x:4*x+4], from.Pix[at:at+4])
		}
	}
	return out
}

// strides says where in the stored picture (w × h) the upright one begins, and
// how the stored place moves with each step to the right and down in the
// upright one (EXIF 2.32, 4.6.4).
func strides(orientation, w, h int) (start, dx, dy image.Point) {
	switch orientation {
	case 2:
		return image.Pt(w-1, 0), image.Pt(-1, 0), image.Pt(0, 1)
	case 3:
		return image.Pt(w-1, h-1), image.Pt(-1, 0), image.Pt(0, -1)
	case 4:
		return image.Pt(0, h-1), image.Pt(1, 0), image.Pt(0, -1)
	case 5:
		return image.Pt(0, 0), image.Pt(0, 1), image.Pt(1, 0)
	case 6:
		return image.Pt(0, h-1), image.Pt(0, -1), image.Pt(1, 0)
	case 7:
		return image.Pt(w-1, h-1), image.Pt(0, -1), image.Pt(-1, 0)
	default: // 8
		return image.Pt(w-1, 0), image.Pt(0, 1), image.Pt(-1, 0)
	}
}
