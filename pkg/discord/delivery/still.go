package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"discomfy/pkg/picture"
)

// mostRefit bounds a picture that is encoded anew, in bytes: it lies in memory
// meanwhile.
const mostRefit = 48 << 20

// formPicture sends a picture as it is, or encodes it anew.
func (p *Preparer) formPicture(ctx context.Context, it *item) error {
	var info picture.Info
	err := it.with(func(r io.ReaderAt, size int64) (err error) {
		info, err = picture.Inspect(r, size)
		return err
	})
	fits := it.file.size <= it.limit
	if err != nil && !isPictures(err) {
		return err
	}
	if fits && (err != nil || !p.cfg.Strip || info.Orientation == 1) {
		return p.asStored(ctx, it, whole)
	}
	if !fits && info.Animated && (it.kind == picture.GIF || it.kind == picture.PNG) && p.cfg.FFmpeg != "" {
		if done, err := p.transcode(ctx, it, clipOf(info)); done || err != nil {
			return err
		}
	}
	return p.refit(ctx, it, info.Animated)
}

// refit encodes a picture so that it fits.
func (p *Preparer) refit(ctx context.Context, it *item, animated bool) error {
	fitted, file, err := p.refitted(ctx, it)
	switch {
	case err != nil && isPictures(err):
		it.drop(err.Error())
		return nil
	case err != nil:
		return fmt.Errorf("encode file %d anew: %w", it.n, err)
	}
	f := lossy
	switch {
	case animated:
		f = still
	case fitted.Quality == 0 && !fitted.Scaled:
		f = packed
	}
	it.put(f, fitted.Kind, file)
	it.fitted = fitted
	return nil
}

// refitted is the picture encoded anew and how that was done, without the data.
// There is room for it beforehand: nothing waits with a picture in memory.
func (p *Preparer) refitted(ctx context.Context, it *item) (fitted picture.Fitted, file *stored, err error) {
	most := min(it.limit, mostRefit, p.folder.most/8)
	room, err := p.folder.reserve(ctx, most)
	if err != nil {
		return fitted, nil, err
	}
	defer func() {
		if file == nil {
			room.keep(0)
		}
	}()
	err = p.withPicture(ctx, it.result.Name, func() error {
		err := it.with(func(r io.ReaderAt, size int64) (err error) {
			fitted, err = picture.FitFile(ctx, r, size, most, picture.FitOptions{Limits: p.cfg.Output, Texts: !p.cfg.Strip})
			return err
		})
		if err != nil {
			return err
		}
		n := int64(len(fitted.Data))
		room.keep(n)
		file, err = p.folder.fill(ctx, room, bytes.NewReader(fitted.Data), n)
		fitted.Data = nil
		return err
	})
	return fitted, file, err
}

// isPictures reports an error that the picture itself is to blame for.
func isPictures(err error) bool {
	return errors.Is(err, picture.ErrForeign) || errors.Is(err, picture.ErrLarge) ||
		errors.Is(err, picture.ErrDamaged) || errors.Is(err, picture.ErrNoFit)
}
