package terminal

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"discomfy/pkg/job"
)

// maxTries bounds the search for a free file name.
const maxTries = 10_000

// Saved is a result file that was written here.
type Saved struct {
	Path string `json:"path"`
	Type string `json:"type"` // media type
	Size int64  `json:"size"` // bytes
}

// words show the file to a person.
func (f Saved) words(p paint) string {
	return p.bold(f.Path) + p.faint("  "+size(f.Size))
}

// results is where result files come from.
type results interface {
	GetResult(ctx context.Context, name string) (io.ReadCloser, error)
}

// SaveAll saves the result files of an ended job in dir, in order, and stops
// at the first that cannot be saved: the files before it are returned with the
// error. Their names tell the workflow and the prompt, or are those that the
// workflow gave them, made safe.
func SaveAll(ctx context.Context, from results, dir string, s job.State) ([]Saved, error) {
	var files []Saved
	for _, r := range s.Results {
		f, err := save(ctx, from, dir, fileName(s.Request, r), r)
		if err != nil {
			return files, err
		}
		files = append(files, f)
	}
	return files, nil
}

// save writes a result file into dir, which it makes where it lacks. An existing file is never touched: the next
// free number is added instead. Size and digest are checked before the file
// gets its name.
func save(ctx context.Context, from results, dir, name string, r job.Result) (Saved, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Saved{}, fmt.Errorf("make folder for results: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Saved{}, fmt.Errorf("open folder for results: %w", err)
	}
	defer root.Close()
	if name, err = saveIn(ctx, from, root, name, r); err != nil {
		return Saved{}, fmt.Errorf("save in folder %s: %w", dir, err)
	}
	return Saved{Path: filepath.Join(dir, name), Type: r.Type, Size: r.Size}, nil
}

// saveIn gives the name that the file got.
func saveIn(ctx context.Context, from results, root *os.Root, name string, r job.Result) (string, error) {
	part := ".discomfy-" + rand.Text() + ".part"
	if err := download(ctx, from, root, part, r); err != nil {
		return "", errors.Join(err, ignoreMissing(root.Remove(part)))
	}
	name, err := settle(root, part, name)
	if err != nil {
		return "", errors.Join(err, ignoreMissing(root.Remove(part)))
	}
	return name, nil
}

// download streams the result into a new file and checks it.
func download(ctx context.Context, from results, root *os.Root, part string, r job.Result) error {
	body, err := from.GetResult(ctx, r.Name)
	if err != nil {
		return fmt.Errorf("read result: %w", err)
	}
	defer body.Close()
	f, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("write result: %w", reason(err))
	}
	n, digest, err := copyBody(f, io.LimitReader(body, r.Size+1), body)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	if n != r.Size {
		return fmt.Errorf("result has %d bytes or more where the record says %d", n, r.Size)
	}
	if r.Digest != "" && digest != r.Digest {
		return fmt.Errorf("result was damaged on its way: its digest is not the record's")
	}
	return nil
}

// verified is a body that ends with io.EOF only when its content has this
// SHA-256, as those of the broker do.
type verified interface{ Digest() string }

// copyBuffer is how much is written to a file at once, in bytes.
const copyBuffer = 1 << 20

// copyBody copies the bounded part of a body and returns the SHA-256 of it, 64
// hexadecimal digits. A body that has verified its own is not hashed again.
func copyBody(to io.Writer, part io.Reader, body io.Reader) (n int64, digest string, err error) {
	buffer := make([]byte, copyBuffer)
	if v, ok := body.(verified); ok {
		n, err = io.CopyBuffer(writer{to}, part, buffer)
		return n, v.Digest(), err
	}
	sum := sha256.New()
	n, err = io.CopyBuffer(io.MultiWriter(to, sum), part, buffer)
	return n, hex.EncodeToString(sum.Sum(nil)), err
}

// writer hides that a file can read from a reader: it does so in small pieces.
type writer struct{ io.Writer }

// settle gives the part its name: the first of name, name-2, name-3 that is
// free. The name is taken by an empty file first, since a rename would replace
// a file that appeared in between.
func settle(root *os.Root, part, name string) (string, error) {
	for n := range maxTries {
		free := numbered(name, n+1)
		f, err := root.OpenFile(free, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("name result: %w", reason(err))
		}
		if err := f.Close(); err != nil {
			return "", fmt.Errorf("name result: %w", err)
		}
		if err := root.Rename(part, free); err != nil {
			return "", fmt.Errorf("name result: %w", errors.Join(err, root.Remove(free)))
		}
		return free, nil
	}
	return "", fmt.Errorf("name result: %s and %d more names are taken", name, maxTries-1)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
