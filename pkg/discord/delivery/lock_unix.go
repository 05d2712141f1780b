//go:build unix

package delivery

import (
	"fmt"
	"io"
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
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s is in use: %w", path, err)
	}
	return f, nil
}
