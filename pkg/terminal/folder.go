package terminal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// CheckFolder finds out, before anything is asked for, whether files can be
// saved in dir. It leaves nothing behind: where dir is not there yet, the
// folder in which it would be made is tried.
func CheckFolder(dir string) error {
	at := filepath.Clean(dir)
	for {
		info, err := os.Stat(at)
		switch {
		case err == nil && !info.IsDir():
			return fmt.Errorf("cannot save in %s: %s is not a folder", dir, at)
		case err == nil:
			return tryFolder(dir, at)
		case !errors.Is(err, fs.ErrNotExist) || filepath.Dir(at) == at:
			return fmt.Errorf("cannot save in %s: %w", dir, reason(err))
		}
		at = filepath.Dir(at)
	}
}

// tryFolder makes a file there, and removes it.
func tryFolder(dir, at string) error {
	f, err := os.CreateTemp(at, ".discomfy-*")
	if err != nil {
		return fmt.Errorf("cannot save in %s: %w", dir, reason(err))
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		return fmt.Errorf("cannot save in %s: %w", dir, reason(err))
	}
	return nil
}

// reason is what the system says of a file, without the file's name, which may
// be one that nobody has heard of.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
