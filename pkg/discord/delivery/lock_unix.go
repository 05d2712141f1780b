//go:build unix

package delivery

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// lockFile holds a file until it is closed, or its process ends in whatever
// way. Another holder is an error.
func lockFile(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := hold(f); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// hold locks a file that is open. One that somebody has removed before is
// nobody's.
func hold(f *os.File) error {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("%s is in use: %w", f.Name(), err)
	}
	ours, err := f.Stat()
	if err != nil {
		return err
	}
	there, err := os.Stat(f.Name())
	if err == nil && !os.SameFile(ours, there) {
		err = fs.ErrNotExist
	}
	return err
}
