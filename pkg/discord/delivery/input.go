package delivery

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"discomfy/pkg/job"
	"discomfy/pkg/picture"
)

// mostStored bounds a picture that is encoded anew, in bytes: ComfyUI takes
// uploads of 100 MB unless it is told otherwise.
const mostStored = 96 << 20

// mostMasked bounds a picture that gets a mask, in pixels: it is decoded
// together with the mask and the result.
const mostMasked = 24 << 20

// Picture is a person's picture, ready to be stored.
type Picture struct {
	Data   []byte
	Type   string // media type
	Width  int    // pixels, after its orientation was applied
	Height int
	Alpha  bool     // some pixels are transparent
	Notes  []string // what was changed that the person should know, such as that only the first frame was taken
}

// Input reads and checks a person's picture, by decoding it: metadata is
// removed, its orientation applied, transparency kept. Where cutting the
// metadata out suffices the pixels stay as they were encoded. A picture that
// can not be taken is a *job.Error (CodeInvalid) that says why.
func (p *Preparer) Input(ctx context.Context, r io.Reader) (Picture, error) {
	most := p.cfg.Input.Bytes
	file, err := p.folder.write(ctx, io.LimitReader(r, most+1), most+1)
	if err != nil {
		return Picture{}, fmt.Errorf("read the picture: %w", err)
	}
	defer file.remove()
	if file.size > most {
		return Picture{}, refused(fmt.Sprintf("the picture is larger than the %s that are taken", size(most)))
	}
	f, err := file.open()
	if err != nil {
		return Picture{}, fmt.Errorf("read the picture: %w", err)
	}
	defer f.Close()
	var out Picture
	err = p.withPicture(ctx, "an input", func() error {
		out, err = p.input(ctx, f, file.size)
		return err
	})
	return out, worded(err)
}

// input decodes the picture and cuts out, or encodes anew, what is kept of it.
func (p *Preparer) input(ctx context.Context, r io.ReaderAt, size int64) (Picture, error) {
	m, info, err := picture.Decode(ctx, r, size, p.cfg.Input)
	if err != nil {
		return Picture{}, err
	}
	b := m.Bounds()
	out := Picture{Width: b.Dx(), Height: b.Dy(), Alpha: !picture.IsOpaque(m), Type: info.Kind.MediaType()}
	if info.Animated {
		out.Notes = append(out.Notes, "only the first frame of the animation is used")
	}
	if lasting(info) {
		out.Data, err = cut(r, size)
		return out, err
	}
	var kind picture.Kind
	out.Data, kind, err = picture.Plain(ctx, m, r, size, info.Kind, mostStored)
	out.Type = kind.MediaType()
	return out, err
}

// lasting reports a file whose pixels may stay as they are encoded. The others
// are turned, animated (ComfyUI would make a batch of the frames) or of a sort
// that is better rewritten: where ComfyUI reads pictures by Pillow, as 0.8 does,
// grey of 16 bits burns out, and transparency beside the pixels is not seen.
func lasting(i picture.Info) bool {
	usual := i.Depth <= 8 && !i.Keyed && (i.Kind == picture.PNG || i.Kind == picture.JPEG || i.Kind == picture.WebP)
	return usual && i.Orientation == 1 && !i.Animated
}

// cut removes the metadata.
func cut(r io.ReaderAt, size int64) ([]byte, error) {
	edits, err := picture.Metadata(r, size)
	if err != nil {
		return nil, err
	}
	e, err := picture.NewEdited(r, size, edits)
	if err != nil {
		return nil, err
	}
	data := make([]byte, e.Size())
	_, err = io.ReadFull(e.Reader(), data)
	return data, err
}

// Mask puts a mask (white: repaint) onto a picture as its transparency, in
// which form ComfyUI's LoadImage reads it. The mask is scaled to the picture; a
// different shape is a *job.Error. Both are what Input returned.
func (p *Preparer) Mask(ctx context.Context, pic, mask Picture) (Picture, error) {
	if pixels := pic.Width * pic.Height; pixels > mostMasked {
		return Picture{}, tooManyForMask(pic)
	}
	out := Picture{Type: picture.PNG.MediaType(), Width: pic.Width, Height: pic.Height, Notes: pic.Notes}
	err := p.withPicture(ctx, "a mask", func() (err error) {
		out.Data, out.Alpha, err = p.mask(ctx, pic.Data, mask.Data)
		return err
	})
	return out, worded(err)
}

func (p *Preparer) mask(ctx context.Context, pic, mask []byte) ([]byte, bool, error) {
	m, _, err := picture.Decode(ctx, bytes.NewReader(pic), int64(len(pic)), p.cfg.Input)
	if err != nil {
		return nil, false, err
	}
	white, _, err := picture.Decode(ctx, bytes.NewReader(mask), int64(len(mask)), p.cfg.Input)
	if err != nil {
		return nil, false, err
	}
	masked, err := picture.WithMask(ctx, m, white)
	if err != nil {
		return nil, false, err
	}
	if picture.IsOpaque(masked) {
		return nil, false, errBlack
	}
	data, err := picture.EncodePNG(ctx, masked, mostStored)
	return data, true, err
}

// Lightness makes of a mask what a workflow takes that has a parameter for it:
// white where it is to be painted anew, black where not or where the mask is
// transparent, in the size of the picture, which may be the zero Picture. A
// different shape is a *job.Error. Both are what Input returned.
func (p *Preparer) Lightness(ctx context.Context, pic, mask Picture) (Picture, error) {
	out := Picture{Type: picture.PNG.MediaType(), Width: cmp.Or(pic.Width, mask.Width), Height: cmp.Or(pic.Height, mask.Height), Notes: mask.Notes}
	if pixels := out.Width * out.Height; pixels > mostMasked {
		return Picture{}, tooManyForMask(out)
	}
	err := p.withPicture(ctx, "a mask", func() error {
		m, _, err := picture.Decode(ctx, bytes.NewReader(mask.Data), int64(len(mask.Data)), p.cfg.Input)
		if err != nil {
			return err
		}
		light, err := picture.Lightness(ctx, m, out.Width, out.Height)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(light.Pix, func(l uint8) bool { return l > 0 }) {
			return errBlack
		}
		out.Data, err = picture.EncodePNG(ctx, light, mostStored)
		return err
	})
	return out, worded(err)
}

func tooManyForMask(pic Picture) error {
	return refused(fmt.Sprintf("the picture has %d × %d pixels, with a mask at most %d million are taken", pic.Width, pic.Height, mostMasked/1_000_000))
}

// errBlack is returned when a mask asks for nothing.
var errBlack = errors.New("the mask has no white in it: paint white what is to be made anew")

// worded turns what the picture is to blame for into an error for people.
func worded(err error) error {
	if errors.Is(err, picture.ErrNoFit) {
		return refused(fmt.Sprintf("as PNG the picture has more than the %s that are taken", size(mostStored)))
	}
	if errors.Is(err, errFault) {
		return refused("the picture can not be read here: save it anew, or take another one")
	}
	if err != nil && (isPictures(err) || errors.Is(err, picture.ErrShape) || errors.Is(err, errBlack)) {
		return refused(err.Error())
	}
	return err
}

func refused(words string) error { return &job.Error{Code: job.CodeInvalid, Message: words} }
