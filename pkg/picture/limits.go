package picture

import (
	"cmp"
	"errors"
	"fmt"
)

// Errors of this package are sentences that may be shown to whoever sent the
// file. Each wraps one of these.
var (
	// ErrForeign is returned when the file is no picture that can be read here.
	ErrForeign = errors.New("not a picture that can be read here")
	// ErrLarge is returned when a picture exceeds the Limits.
	ErrLarge = errors.New("too large")
	// ErrDamaged is returned when a picture's bytes make no sense or end early.
	ErrDamaged = errors.New("the picture is damaged")
)

// Limits bound what is decoded. A zero field means its default.
type Limits struct {
	Bytes  int64 // of the file; default 32 MiB
	Pixels int64 // in all, of one frame; default 64 Mi
	Edge   int   // pixels on one side; default 16384
	Memory int64 // bytes that decoding may take, and bringing the pixels to 8-bit RGBA; default 384 MiB
}

// WithDefaults fills in what was not set.
func (l Limits) WithDefaults() Limits {
	return Limits{
		Bytes:  cmp.Or(l.Bytes, 32<<20),
		Pixels: cmp.Or(l.Pixels, 64<<20),
		Edge:   cmp.Or(l.Edge, 16384),
		Memory: cmp.Or(l.Memory, 384<<20),
	}
}

// Check reports the first bound that a picture exceeds, as an ErrLarge.
func (l Limits) Check(i Info) error {
	l = l.WithDefaults()
	pixels := int64(i.Width) * int64(i.Height)
	switch {
	case i.Width > l.Edge || i.Height > l.Edge || pixels > l.Pixels:
		return fmt.Errorf("%w: the picture has %d × %d pixels, at most %d on a side and %d million in all are taken",
			ErrLarge, i.Width, i.Height, l.Edge, l.Pixels/1_000_000)
	case i.Memory > l.Memory:
		return fmt.Errorf("%w: the picture takes %d MiB to decode, at most %d MiB may be used",
			ErrLarge, i.Memory>>20, l.Memory>>20)
	}
	return nil
}

// foreign says what the file is instead of a picture.
func foreign(k Kind) error {
	const send = "send PNG, JPEG, WebP or GIF"
	switch {
	case k.IsForeignPicture():
		return fmt.Errorf("%w: %s is not supported, %s", ErrForeign, k, send)
	case k.IsVideo():
		return fmt.Errorf("%w: it is a video (%s), %s", ErrForeign, k, send)
	case k.IsAudio():
		return fmt.Errorf("%w: it is sound (%s), %s", ErrForeign, k, send)
	}
	return fmt.Errorf("%w: %s", ErrForeign, send)
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrDamaged}, args...)...)
}
