package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/picture"
)

// Prepare makes the results fit for the place. What a single file needs and
// does not get (a picture that can not be decoded, an ffmpeg that fails) is in
// the plan's notes; the error is ctx's or, where the order insists, ErrNoRoom, the
// store's or the folder's. The caller closes the plan.
func (p *Preparer) Prepare(ctx context.Context, o Order, at Place) (*Plan, error) {
	plan := &Plan{preparer: p, order: o, place: at.withDefaults(), items: make([]*item, len(o.Results))}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(p.together(o.Results, plan.place.Limit))
	held := int64(0)
	for i, r := range o.Results {
		it := &item{n: i + 1, result: r, limit: plan.place.Limit}
		plan.items[i] = it
		if held+r.Size+p.film(it.limit) > p.folder.most {
			it.form = absent // the folder has not room for them all, ever
			continue
		}
		held += min(r.Size, it.limit)
		group.Go(func() error { return plan.make(inner, it) })
	}
	if err := group.Wait(); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the files of job %s: %w", o.Job, err), plan.Close())
	}
	if err := plan.addLinks(); err != nil {
		return nil, errors.Join(err, plan.Close())
	}
	plan.pack()
	plan.describe()
	return plan, nil
}

// together is how many results are worked on at a time: one after the other
// where they could keep each other from the folder's room.
func (p *Preparer) together(results []job.Result, limit int64) int {
	n := p.cfg.Pictures + p.cfg.Videos
	all := int64(n) * p.film(limit)
	for _, r := range results {
		all += r.Size
	}
	if all > p.folder.most {
		return 1
	}
	return n
}

// notNow is why a file is left out that may be had later.
const notNow = "not to be had now, try /show later"

// make is the Preparer's, whose errors are words where the order does not insist.
// The wait for room is bounded, and need not be repeated for each file.
func (p *Plan) make(ctx context.Context, it *item) error {
	if p.cramped.Load() {
		it.drop(notNow)
		return nil
	}
	err := p.preparer.make(ctx, it)
	if err == nil || p.order.Insist || ctx.Err() != nil {
		return err
	}
	p.preparer.cfg.Log.WarnContext(ctx, "a result is left out for now", slog.String("result", it.result.Name), slog.Any("error", err))
	if errors.Is(err, ErrNoRoom) {
		p.cramped.Store(true)
	}
	it.drop(notNow)
	return nil
}

// make fetches the result and gives it the best form that fits the item's
// limit. One that makes a decoder panic is sent as it is, if it may be.
func (p *Preparer) make(ctx context.Context, it *item) error {
	err := p.guarded(ctx, it.result.Name, func() error { return p.form(ctx, it) })
	if !errors.Is(err, errFault) {
		return err
	}
	if it.file == nil || it.file.size > it.limit || p.cfg.Strip {
		it.drop(errFault.Error())
		return nil
	}
	it.put(whole, it.kind, it.file)
	return nil
}

func (p *Preparer) form(ctx context.Context, it *item) error {
	err := p.fetch(ctx, it)
	switch {
	case errors.Is(err, broker.ErrNotFound):
		it.lose("it is no longer stored")
		return nil
	case errors.Is(err, broker.ErrDamaged), errors.Is(err, errSize):
		it.lose("what is stored of it is damaged")
		return nil
	case err != nil || it.file == nil:
		return err
	case it.kind.IsPicture():
		return p.formPicture(ctx, it)
	case it.kind.IsVideo():
		return p.formVideo(ctx, it)
	}
	return p.asStored(ctx, it, whole)
}

// fetch copies the result into the folder, unless nothing could be made of it.
func (p *Preparer) fetch(ctx context.Context, it *item) error {
	r, err := p.cfg.Store.GetResult(ctx, it.result.Name)
	if err != nil {
		return fmt.Errorf("fetch result %s: %w", it.result.Name, err)
	}
	defer r.Close()
	head := make([]byte, picture.SniffLen)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("fetch result %s: %w", it.result.Name, err)
	}
	it.kind = picture.Sniff(head[:n])
	if it.result.Size > it.limit && !p.helps(it) {
		it.drop("")
		return nil
	}
	file, err := p.folder.write(ctx, io.MultiReader(bytes.NewReader(head[:n]), r), it.result.Size)
	if err == nil && file.size != it.result.Size {
		file.remove()
		err = errSize
	}
	if err != nil {
		return fmt.Errorf("fetch result %s: %w", it.result.Name, err)
	}
	it.put(whole, it.kind, file)
	return nil
}

// helps reports whether a file of that kind can be made smaller.
func (p *Preparer) helps(it *item) bool {
	return it.kind.IsPicture() || it.kind.IsVideo() && p.cfg.FFmpeg != ""
}

// asStored sends the file as it is, without its metadata where that is set. A
// file out of which it can not be taken is not sent.
func (p *Preparer) asStored(ctx context.Context, it *item, f form) error {
	it.put(f, it.kind, it.file)
	if !p.cfg.Strip {
		return nil
	}
	err := it.with(func(r io.ReaderAt, size int64) (err error) {
		it.edits, err = metadata(r, size, it.kind)
		return err
	})
	if err != nil && ctx.Err() == nil {
		it.drop("its prompt could not be taken out of it")
		return nil
	}
	return err
}

// addLinks makes links to the originals that are not attached as they are.
func (p *Plan) addLinks() error {
	p.Links = nil
	links := p.preparer.cfg.Links
	for _, it := range p.items {
		if links == nil || !it.replaced() || it.gone {
			continue
		}
		if it.link == nil {
			link, err := links.Make(Target{
				N: it.n, Object: it.result.Name, File: p.order.fileName(it.n, it.ending(it.kind)),
				Type: it.mediaType(it.kind), Size: it.result.Size, Strip: p.preparer.cfg.Strip,
			})
			if err != nil {
				return fmt.Errorf("link result %s: %w", it.result.Name, err)
			}
			it.link = &link
		}
		p.Links = append(p.Links, *it.link)
	}
	return nil
}
