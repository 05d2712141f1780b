package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"discomfy/pkg/job"
	"discomfy/pkg/picture"
	"discomfy/pkg/picture/clip"
)

// form is what became of a result.
type form int

// The forms, from what needs no words to what needs most.
const (
	whole      form = iota // as it was stored, but for its metadata
	packed                 // a PNG, compressed better
	lossy                  // a JPEG
	still                  // the first frame of an animation
	copied                 // a video in another container
	film                   // a video, encoded anew
	unplayable             // a video as it was stored, which Discord does not play
	poster                 // a picture of a video
	absent                 // nothing is sent
)

// item is one result on its way.
type item struct {
	n      int // from 1
	result job.Result

	kind    picture.Kind   // of the result
	form    form           // what became of it
	now     picture.Kind   // of what is sent
	file    *stored        // what is sent; nil where nothing is
	edits   []picture.Edit // made in the file while it is read
	why     string         // it is not whole, in words; "" where its size is the reason
	gone    bool           // the original can not be had
	limit   int64          // that it was made for, bytes
	fitted  picture.Fitted // how a picture was encoded, without the data
	link    *Link          // to the original
	shrinks int            // how often Discord refused it
}

// put replaces the file.
func (it *item) put(f form, now picture.Kind, file *stored) {
	if it.file != file {
		it.file.remove()
	}
	it.form, it.now, it.file, it.edits = f, now, file, nil
}

// drop sends nothing.
func (it *item) drop(why string) {
	it.put(absent, picture.Unknown, nil)
	it.why = why
}

// lose sends nothing of an original that can not be had.
func (it *item) lose(why string) {
	it.drop(why)
	it.gone = true
}

// replaced reports whether something else is sent than was stored.
func (it *item) replaced() bool {
	return it.form == lossy || it.form == still || it.form >= film && it.form != unplayable
}

// size is the length of what is sent.
func (it *item) size() int64 {
	size := it.file.size
	for _, e := range it.edits {
		if !e.Zero {
			size += int64(len(e.With)) - e.N
		}
	}
	return size
}

func (it *item) open(context.Context) (io.ReadCloser, error) {
	if it.file == nil {
		return nil, os.ErrNotExist
	}
	f, err := it.file.open()
	if err != nil || len(it.edits) == 0 {
		return f, err
	}
	edited, err := picture.NewEdited(f, it.file.size, it.edits)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{edited.Reader(), f}, nil
}

// with hands the file to f.
func (it *item) with(f func(r io.ReaderAt, size int64) error) error {
	file, err := it.file.open()
	if err != nil {
		return fmt.Errorf("read file %d: %w", it.n, err)
	}
	defer file.Close()
	return f(file, it.file.size)
}

// metadata gives the edits that take prompt and graph out of a file. What holds
// none that is known has none.
func metadata(r io.ReaderAt, size int64, k picture.Kind) ([]picture.Edit, error) {
	if k.IsPicture() {
		return picture.Metadata(r, size)
	}
	edits, err := clip.Metadata(r, size)
	if errors.Is(err, clip.ErrUnknown) {
		return nil, nil
	}
	return edits, err
}
