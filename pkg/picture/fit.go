package picture

import (
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"math"
)

// ErrNoFit is returned when no form of the picture is small enough.
var ErrNoFit = errors.New("no form of the picture is small enough")

// Qualities of JPEG that are tried, the best first. Below the last one the
// picture is better made smaller.
var qualities = []int{98, 95, 92, 88, 84, 80, 75}

const (
	// scaledQuality is that of a picture which was made smaller.
	scaledQuality = 85
	// smallestAlpha is how much a transparent picture may be shrunk before
	// white takes the place of its transparency.
	smallestAlpha = 0.5
	// mostScalings bounds the sizes that are tried.
	mostScalings = 8
)

// Fitted is a picture that was made to fit.
type Fitted struct {
	Data          []byte
	Kind          Kind
	Width, Height int  // pixels
	Quality       int  // of a JPEG; 0 means that nothing was lost but by scaling
	Scaled        bool // it has fewer pixels than the original
	Flattened     bool // white took the place of transparency
}

// Fit encodes m in at most limit bytes, the better form first: PNG with best
// compression (of a palette or greys, where these suffice), JPEG of falling
// quality, JPEG of a smaller size. Where pixels are really transparent a
// smaller PNG comes before a JPEG on white. Fit may overwrite m's pixels.
//
// Beside m it takes four bytes a pixel where m is no 8-bit RGBA, those of a
// smaller copy, and twice the limit.
func Fit(ctx context.Context, m image.Image, limit int64) (Fitted, error) {
	return fit(ctx, m, limit, isLossy(m))
}

// fit is told whether m has lost something before: keeping every bit of that
// only makes it larger. JPEG has no transparency, so that PNG is tried anyway
// where there is some.
func fit(ctx context.Context, m image.Image, limit int64, lossy bool) (Fitted, error) {
	f := fitting{ctx: ctx, limit: limit, size: m.Bounds()}
	opaque := isOpaque(m)
	if !lossy || !opaque {
		if out, err := f.lossless(m); !errors.Is(err, errOver) {
			return out, err
		}
	}
	if !opaque {
		n := straight(m)
		if out, err := f.smallerAlpha(n); !errors.Is(err, errOver) {
			return out, err
		}
		flatten(n)
		f.flattened, m = true, n
	}
	switch m.(type) {
	case *image.YCbCr, *image.Gray: // are encoded as they are
	default:
		m = straight(m)
	}
	if out, err := f.lossy(m); !errors.Is(err, errOver) {
		return out, err
	}
	return f.smaller(m)
}

// fitting is one call of Fit.
type fitting struct {
	ctx       context.Context
	limit     int64
	size      image.Rectangle
	flattened bool
}

type encoder func(io.Writer, image.Image) error

func bestPNG(w io.Writer, m image.Image) error { return encodePNG(w, m, png.BestCompression) }

func jpegOf(quality int) encoder {
	return func(w io.Writer, m image.Image) error { return encodeJPEG(w, m, quality) }
}

// encode gives errOver for more than limit bytes. Memory is taken for the
// estimate at once: growing leaves as much behind again.
func (f fitting) encode(m image.Image, e encoder, estimate int64) ([]byte, error) {
	w := &capped{ctx: f.ctx, limit: f.limit, data: make([]byte, 0, min(f.limit, estimate+estimate/16))}
	err := e(w, m)
	return w.data, err
}

func (f fitting) fitted(m image.Image, data []byte, k Kind, quality int) Fitted {
	b := m.Bounds()
	return Fitted{
		Data: data, Kind: k, Width: b.Dx(), Height: b.Dy(), Quality: quality,
		Scaled: b.Dx() < f.size.Dx() || b.Dy() < f.size.Dy(), Flattened: f.flattened,
	}
}

// lossless encodes every pixel as it is; more than 8 bits a channel stay.
func (f fitting) lossless(m image.Image) (Fitted, error) {
	switch m.(type) {
	case *image.NRGBA, *image.RGBA, *image.Paletted, *image.NYCbCrA:
		n := straight(m)
		m = exact(n, n.Opaque())
	}
	estimate, err := f.estimate(m, bestPNG)
	if err != nil || estimate > f.limit+f.limit/8 {
		return Fitted{}, orOver(err)
	}
	data, err := f.encode(m, bestPNG, estimate)
	return f.fitted(m, data, PNG, 0), err
}

func orOver(err error) error {
	if err != nil {
		return err
	}
	return errOver
}

// smallerAlpha keeps the transparency of a picture that is made a little
// smaller.
func (f fitting) smallerAlpha(m *image.NRGBA) (Fitted, error) {
	estimate, err := f.estimate(m, bestPNG)
	if err != nil {
		return Fitted{}, err
	}
	for share := f.share(1, estimate); share >= smallestAlpha; share *= 0.85 {
		w, h := within(f.size, share)
		small, err := shrink(f.ctx, m, w, h)
		if err != nil {
			return Fitted{}, err
		}
		data, err := f.encode(exact(small, false), bestPNG, f.limit)
		if !errors.Is(err, errOver) {
			return f.fitted(small, data, PNG, 0), err
		}
	}
	return Fitted{}, errOver
}

// lossy encodes at the best quality that fits, the sample telling where to
// begin.
func (f fitting) lossy(m image.Image) (Fitted, error) {
	for i, quality := range qualities {
		estimate, err := f.estimate(m, jpegOf(quality))
		if err != nil {
			return Fitted{}, err
		}
		if estimate > f.limit && (i < len(qualities)-1 || estimate > f.limit+f.limit/8) {
			continue
		}
		data, err := f.encode(m, jpegOf(quality), estimate)
		if !errors.Is(err, errOver) {
			return f.fitted(m, data, JPEG, quality), err
		}
	}
	return Fitted{}, errOver
}

// smaller encodes at ever smaller sizes, the size that came out telling the
// next one.
func (f fitting) smaller(m image.Image) (Fitted, error) {
	estimate, err := f.estimate(m, jpegOf(scaledQuality))
	if err != nil {
		return Fitted{}, err
	}
	share := 1.0
	for range mostScalings {
		share = f.share(share, estimate)
		w, h := within(f.size, share)
		small, err := shrink(f.ctx, m, w, h)
		if err != nil {
			return Fitted{}, err
		}
		data, err := f.encode(small, jpegOf(scaledQuality), f.limit)
		if !errors.Is(err, errOver) {
			return f.fitted(small, data, JPEG, scaledQuality), err
		}
		if estimate, err = f.measure(small, jpegOf(scaledQuality)); err != nil {
			return Fitted{}, err
		}
		if w == 1 && h == 1 {
			break
		}
	}
	return Fitted{}, ErrNoFit
}

// share is the next share of the original's sides, after the last one made so
// many bytes: bytes go with the area, a little more slowly.
func (f fitting) share(last float64, bytes int64) float64 {
	next := math.Sqrt(float64(f.limit)/float64(max(bytes, 1))) * 0.95
	return last * min(max(next, 0.05), 0.9)
}

// measure counts the bytes of the whole encoding.
func (f fitting) measure(m image.Image, e encoder) (int64, error) {
	w := &capped{ctx: f.ctx, limit: math.MaxInt64, count: true}
	err := e(w, m)
	return w.n, err
}

// A sample is a few bands of rows, multiples of the 16 rows that JPEG takes
// together.
const (
	bands    = 8
	bandRows = 32
)

// estimate is about how many bytes the encoding will have, from a sample.
func (f fitting) estimate(m image.Image, e encoder) (int64, error) {
	sub, ok := m.(interface {
		SubImage(part image.Rectangle) image.Image
	})
	b := m.Bounds()
	if !ok || b.Dy() < 2*bands*bandRows {
		return f.measure(m, e)
	}
	total := int64(0)
	for i := range bands {
		y := b.Min.Y + (b.Dy()-bandRows)*i/(bands-1)/16*16
		n, err := f.measure(sub.SubImage(image.Rect(b.Min.X, y, b.Max.X, y+bandRows)), e)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total * int64(b.Dy()) / (bands * bandRows), nil
}
