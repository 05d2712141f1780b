package terminal

import (
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // what people attach is decoded by its own bytes
	_ "image/jpeg" // as above
	_ "image/png"  // as above
	"io"
	"io/fs"
	"os"

	_ "golang.org/x/image/webp" // as those above
)

// Bounds of a picture that is handed in.
const (
	maxInput  = 32 << 20         // bytes
	maxEdge   = 16_384           // pixels on one side
	maxPixels = 64 * 1024 * 1024 // in all: a quarter of a gigabyte once decoded
)

// inputs is where pictures that belong to a request go.
type inputs interface {
	PutInput(ctx context.Context, r io.Reader) (name string, err error)
}

// Sniff reads a picture's header and gives its format: png, jpeg, gif or webp.
// Whatever else the bytes are, or a picture too large to handle, is an
// error in words.
func Sniff(r io.Reader) (format string, err error) {
	c, format, err := image.DecodeConfig(r)
	switch {
	case err != nil:
		return "", errors.New("not a picture that can be read: send PNG, JPEG, GIF or WebP")
	case c.Width < 1 || c.Height < 1:
		return "", errors.New("the picture is empty")
	case c.Width > maxEdge || c.Height > maxEdge || c.Width*c.Height > maxPixels:
		return "", fmt.Errorf("the picture has %d × %d pixels: at most %d on a side and %d million in all",
			c.Width, c.Height, maxEdge, maxPixels/1_000_000)
	}
	return format, nil
}

// upload checks the picture at path and stores it; the name is the object's.
func upload(ctx context.Context, to inputs, param, path string) (name string, err error) {
	f, err := openPicture(path)
	if err != nil {
		return "", invalid(param, quote(path)+": "+Clean(err.Error()))
	}
	defer f.Close()
	if name, err = to.PutInput(ctx, io.LimitReader(f, maxInput)); err != nil {
		return "", fmt.Errorf("store picture: %w", err)
	}
	return name, nil
}

// openPicture opens a file that is a picture of bearable size, at its start.
func openPicture(path string) (*os.File, error) {
	info, err := os.Stat(path) // before opening: a pipe would block
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("no such file")
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("not a file")
	case info.Size() > maxInput:
		return nil, fmt.Errorf("the picture has %s: at most %s", size(info.Size()), size(maxInput))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if _, err = Sniff(f); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
