package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"discomfy/pkg/picture"
	"discomfy/pkg/picture/clip"
)

// formVideo sends a video as it is, where it fits and Discord plays it; else
// what ffmpeg makes of it; else as it is with a word; else a poster.
func (p *Preparer) formVideo(ctx context.Context, it *item) error {
	var info clip.Info
	err := it.with(func(r io.ReaderAt, size int64) (err error) {
		info, err = clip.Probe(r, size)
		return err
	})
	if err != nil && !errors.Is(err, clip.ErrDamaged) && !errors.Is(err, clip.ErrUnknown) {
		return err
	}
	plays, why := info.Plays()
	fits := it.file.size <= it.limit
	if plays && fits {
		return p.asStored(ctx, it, whole)
	}
	switch {
	case plays:
	case errors.Is(err, clip.ErrUnknown):
		it.why = "Discord does not play " + string(it.kind)
	case info.Video == "":
		it.why = "its headers tell of no video"
	default:
		it.why = "Discord does not play " + why
	}
	if p.cfg.FFmpeg != "" {
		if done, err := p.transcode(ctx, it, info); done || err != nil {
			return err
		}
	}
	if fits {
		return p.asStored(ctx, it, unplayable)
	}
	it.drop("")
	return nil
}

// clipOf is an animated picture as a video.
func clipOf(i picture.Info) clip.Info {
	return clip.Info{Kind: i.Kind, Video: clip.Codec(i.Kind), Profile: -1, Width: i.Width, Height: i.Height}
}

// transcode lets ffmpeg make a video that fits and plays, or a poster of one
// that does not get small enough. It is false where nothing came of it.
func (p *Preparer) transcode(ctx context.Context, it *item, info clip.Info) (done bool, err error) {
	name, ok := demuxer(it.kind)
	if !ok {
		return false, nil
	}
	if turn, err := p.awaitVideos(ctx, it); !turn {
		return false, err
	}
	defer p.videos.Release(1)
	inner, cancel := context.WithTimeout(ctx, p.cfg.VideoTime)
	defer cancel()
	t, err := p.newTranscoding(inner, it, info, name)
	if err != nil {
		return false, err
	}
	defer t.close()
	f, made, err := t.best(inner)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		p.cfg.Log.WarnContext(ctx, "a video could not be made to fit", slog.String("result", it.result.Name), slog.Any("error", err))
	}
	if made == "" || (f == poster && it.file.size <= it.limit) {
		return false, nil // the video itself says more than its poster
	}
	return true, t.take(ctx, f, made)
}

// awaitVideos waits for a turn; false where that takes too long.
func (p *Preparer) awaitVideos(ctx context.Context, it *item) (bool, error) {
	wait, cancel := context.WithTimeout(ctx, p.cfg.VideoWait)
	defer cancel()
	if p.videos.Acquire(wait, 1) == nil {
		return true, nil
	}
	if ctx.Err() == nil {
		p.cfg.Log.WarnContext(ctx, "a video is not made to fit, too many others are", slog.String("result", it.result.Name))
	}
	return false, ctx.Err()
}

// transcoding is the work on one video, in a folder of its own.
type transcoding struct {
	p      *Preparer
	it     *item
	info   clip.Info
	ffmpeg ffmpeg
	from   []string // arguments that name the file
	room   *room
	limit  int64 // bytes
}

// A video that is tried may come out larger than it should, up to slack times
// the limit; there ffmpeg stops.
const slack = 2

// film is the room that is taken to make a video.
func (p *Preparer) film(limit int64) int64 { return slack * min(limit, p.folder.most/8) }

func (p *Preparer) newTranscoding(ctx context.Context, it *item, info clip.Info, name string) (*transcoding, error) {
	room, err := p.folder.reserve(ctx, p.film(it.limit))
	if err != nil {
		return nil, err
	}
	dir, err := within(p.folder, os.MkdirTemp, "video-")
	if err != nil {
		room.keep(0)
		return nil, fmt.Errorf("make a folder for a video: %w", err)
	}
	f := ffmpeg{path: p.cfg.FFmpeg, threads: p.cfg.Threads, dir: dir}
	return &transcoding{p: p, it: it, info: info, ffmpeg: f, from: f.source(name, it.file.path), room: room, limit: room.n / slack}, nil
}

// close removes the folder with what was not taken out of it.
func (t *transcoding) close() {
	_ = os.RemoveAll(t.ffmpeg.dir)
	t.room.keep(0)
}

// best tries the ways in their order, and gives the name of the file that one
// of them has made; with it may come the error of an earlier one.
func (t *transcoding) best(ctx context.Context) (form, string, error) {
	if t.info.Remuxes() && t.it.file.size <= t.limit {
		if name, err := t.copy(ctx); err == nil && t.size(name) <= t.limit {
			return copied, name, nil
		}
	}
	name, err := t.encode(ctx)
	if err == nil {
		return film, name, nil
	}
	if t.it.kind.IsPicture() {
		return absent, "", err // its first frame is made without ffmpeg
	}
	name, failed := t.poster(ctx)
	return poster, name, cmp.Or(err, failed)
}

// size is that of a file in the folder; none is endless.
func (t *transcoding) size(name string) int64 {
	info, err := os.Stat(filepath.Join(t.ffmpeg.dir, name))
	if err != nil || info.Size() == 0 {
		return 1 << 62
	}
	return info.Size()
}

// take makes the file the item's, and moves it out of the folder.
func (t *transcoding) take(ctx context.Context, f form, name string) error {
	size := t.size(name)
	target, err := within(t.p.folder, os.CreateTemp, "film-")
	if err != nil {
		return fmt.Errorf("keep a video: %w", err)
	}
	path := target.Name()
	if err := errors.Join(target.Close(), os.Rename(filepath.Join(t.ffmpeg.dir, name), path)); err != nil {
		return fmt.Errorf("keep a video: %w", errors.Join(err, os.Remove(path)))
	}
	t.room.keep(size)
	kept := *t.room
	t.room.n = 0 // the file's now
	now := picture.MP4
	if f == poster {
		now = picture.JPEG
	}
	t.it.put(f, now, &stored{path: path, size: size, room: &kept})
	if f == poster && size > t.it.limit {
		return t.p.refitPoster(ctx, t.it)
	}
	return nil
}

// refitPoster makes a poster small enough where hardly anything is allowed.
func (p *Preparer) refitPoster(ctx context.Context, it *item) error {
	if err := p.refit(ctx, it, false); err != nil || it.file == nil {
		return err
	}
	it.form = poster
	return nil
}
