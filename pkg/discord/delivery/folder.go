package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// ErrNoRoom is returned when the folder for large files stays full for a while.
// It is worth another try.
var ErrNoRoom = errors.New("no room for the files of a delivery now")

const (
	folderPrefix = "discomfy-delivery-"
	lockName     = "lock"
	// unlocked is how long a folder may be without a lock: its maker is about
	// to take it.
	unlocked = time.Minute
	// roomWait bounds the wait for room. Whoever holds some may wait for more.
	roomWait = time.Minute
)

// folder holds files of bounded size in all, until it is removed.
type folder struct {
	dir  string // in which it is
	room *semaphore.Weighted
	most int64

	mu   sync.Mutex
	path string
	lock io.Closer
}

// openFolder makes a folder in dir, and removes those whose processes are gone.
func openFolder(dir string, most int64) (*folder, error) {
	removeAbandoned(dir)
	path, lock, err := makeFolder(dir)
	if err != nil {
		return nil, err
	}
	return &folder{dir: dir, room: semaphore.NewWeighted(most), most: most, path: path, lock: lock}, nil
}

// makings bounds how often a folder is made anew because another process has
// taken it for abandoned before we had its lock.
const makings = 8

func makeFolder(dir string) (path string, lock io.Closer, err error) {
	for range makings {
		if path, err = os.MkdirTemp(dir, folderPrefix); err != nil {
			break
		}
		if lock, err = lockFile(filepath.Join(path, lockName)); err == nil {
			return path, lock, nil
		}
		_ = os.RemoveAll(path)
	}
	return "", nil, fmt.Errorf("make a folder for large files: %w", err)
}

// within makes something in the folder. One that has vanished, as old files do
// from a system's folder for temporary ones, is made anew.
func within[T any](f *folder, create func(dir, pattern string) (T, error), pattern string) (T, error) {
	at := f.at()
	made, err := create(at, pattern)
	if !errors.Is(err, fs.ErrNotExist) || f.renew(at) != nil {
		return made, err
	}
	return create(f.at(), pattern)
}

func (f *folder) at() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.path
}

// renew makes the folder anew, unless that was done.
func (f *folder) renew(gone string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path != gone {
		return nil
	}
	path, lock, err := makeFolder(f.dir)
	if err == nil {
		_ = f.lock.Close() // of a file that is gone
		f.path, f.lock = path, lock
	}
	return err
}

// removeAbandoned looks for folders that nobody holds. What can not be removed
// is somebody else's, or the next start's affair.
func removeAbandoned(dir string) {
	found, _ := filepath.Glob(filepath.Join(dir, folderPrefix+"*"))
	for _, path := range found {
		info, err := os.Lstat(path)
		if err != nil || !info.IsDir() {
			continue
		}
		if _, err := os.Stat(filepath.Join(path, lockName)); err != nil && time.Since(info.ModTime()) < unlocked {
			continue
		}
		if lock, err := lockFile(filepath.Join(path, lockName)); err == nil {
			_ = os.RemoveAll(path) // while it is ours
			_ = lock.Close()
		}
	}
}

func (f *folder) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(os.RemoveAll(f.path), f.lock.Close())
}

// room is a share of a folder's bytes that was taken.
type room struct {
	of *folder
	n  int64
}

// reserve takes room, waiting within bounds for others to free theirs.
func (f *folder) reserve(ctx context.Context, n int64) (*room, error) {
	wait, cancel := context.WithTimeout(ctx, roomWait)
	defer cancel()
	if n > f.most || f.room.Acquire(wait, n) != nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %d of %d bytes", ErrNoRoom, n, f.most)
	}
	return &room{f, n}, nil
}

// keep gives back all but n bytes; what was given back stays so.
func (r *room) keep(n int64) {
	if n < r.n {
		r.of.room.Release(r.n - n)
		r.n = n
	}
}

// stored is a file in the folder.
type stored struct {
	path string
	size int64 // bytes
	room *room
}

// remove deletes the file and gives back its room. A nil file has none.
func (s *stored) remove() {
	if s == nil {
		return
	}
	_ = os.Remove(s.path)
	s.room.keep(0)
}

func (s *stored) open() (*os.File, error) { return os.Open(s.path) }

// errSize is returned when a file has another length than was said.
var errSize = errors.New("the file has another size than its record says")

// write stores what r yields, of which at most n bytes are expected.
func (f *folder) write(ctx context.Context, r io.Reader, n int64) (*stored, error) {
	room, err := f.reserve(ctx, n)
	if err != nil {
		return nil, err
	}
	return f.fill(ctx, room, r, n)
}

// fill is write with room that was taken before, which is the file's then, or
// given back.
func (f *folder) fill(ctx context.Context, room *room, r io.Reader, n int64) (*stored, error) {
	file, err := within(f, os.CreateTemp, "file-")
	if err != nil {
		room.keep(0)
		return nil, fmt.Errorf("store a file: %w", err)
	}
	s, whole := &stored{path: file.Name(), room: room}, false
	defer func() {
		if !whole { // whatever the reason, a panic of the reader's among them
			s.remove()
		}
	}()
	s.size, err = io.Copy(file, io.LimitReader(&reader{ctx, r}, n+1))
	if err = errors.Join(err, file.Close()); err == nil && s.size > n {
		err = errSize
	}
	if err != nil {
		return nil, err
	}
	whole = true
	return s, nil
}

// reader reads until its context ends.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
