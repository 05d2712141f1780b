//go:build !unix

package delivery

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// abandoned is how long a lock must have been still to count as left behind,
// where files can not be held.
const abandoned = 24 * time.Hour

// lockFile makes a file, or takes over an old one.
func lockFile(path string) (io.Closer, error) {
	if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) < abandoned {
		return nil, errors.New(path + " is in use")
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return os.Create(path)
}
