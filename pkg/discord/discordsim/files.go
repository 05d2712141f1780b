package discordsim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// files keeps the bytes of attachments, in memory or in a folder. It has its own lock, below Server.mu. Where all
// together would be more than limit bytes, the oldest are forgotten, as if Discord had lost them; that is counted.
type files struct {
	dir   string
	limit int64

	mu    sync.Mutex
	kept  map[ID]keptFile
	order []ID // oldest first; may name forgotten ones
	size  int64
	lost  int // forgotten for want of room
}

type keptFile struct {
	size int64
	data []byte // nil: in the folder
}

func newFiles(dir string, limit int64) *files {
	return &files{dir: dir, limit: limit, kept: map[ID]keptFile{}}
}

func (f *files) path(id ID) string { return filepath.Join(f.dir, id.String()) }

// put keeps data under id; data belongs to the store from now on.
func (f *files) put(id ID, data []byte) error {
	k := keptFile{size: int64(len(data)), data: data}
	if f.dir != "" {
		if err := os.WriteFile(f.path(id), data, 0o600); err != nil {
			return fmt.Errorf("keep an attachment: %w", err)
		}
		k.data = nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept[id] = k
	f.order = append(f.order, id)
	f.size += k.size
	f.makeRoom(id)
	return nil
}

// makeRoom forgets the oldest files but for the newest.
func (f *files) makeRoom(newest ID) {
	for f.size > f.limit && len(f.order) > 0 && f.order[0] != newest {
		if _, ok := f.kept[f.order[0]]; ok {
			f.drop(f.order[0])
			f.lost++
		}
		f.order = f.order[1:]
	}
	if len(f.order) > 1024 && len(f.order) > 4*len(f.kept) {
		f.order = f.present()
	}
}

func (f *files) present() []ID {
	out := make([]ID, 0, len(f.kept))
	for _, id := range f.order {
		if _, ok := f.kept[id]; ok {
			out = append(out, id)
		}
	}
	return out
}

func (f *files) drop(id ID) {
	k, ok := f.kept[id]
	if !ok {
		return
	}
	f.size -= k.size
	delete(f.kept, id)
	if f.dir != "" {
		_ = os.Remove(f.path(id)) // whoever reads it now keeps it open
	}
}

// forget removes the bytes of attachments.
func (f *files) forget(as []*Attachment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range as {
		f.drop(a.ID)
	}
}

// errNoFile is returned when the bytes of an attachment are not there any more.
var errNoFile = errors.New("no such attachment")

// open gives the bytes of an attachment; the caller closes it.
func (f *files) open(id ID) (io.ReadSeekCloser, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k, ok := f.kept[id]
	switch {
	case !ok:
		return nil, errNoFile
	case f.dir != "":
		return os.Open(f.path(id))
	}
	return readCloser{bytes.NewReader(k.data)}, nil
}

type readCloser struct{ io.ReadSeeker }

func (readCloser) Close() error { return nil }

// usage is how many files and bytes are kept, and how many were forgotten for want of room.
func (f *files) usage() (count int, size int64, lost int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.kept), f.size, f.lost
}
