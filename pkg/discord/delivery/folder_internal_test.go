//go:build unix

package delivery

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Another process may take a folder for abandoned, and remove it, between the
// making of its lock and the holding of it.
func TestALockOfAFolderThatWasRemovedIsNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, folderPrefix+"1")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(path, lockName))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	removeAbandoned(dir)
	if err := hold(f); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it was held: %v", err)
	}
}

// A folder that vanishes while it is used is made anew, and is held again.
func TestAFolderThatVanishes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := openFolder(dir, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(f.at()); err != nil {
		t.Fatal(err)
	}
	file, err := within(f, os.CreateTemp, "file-")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	removeAbandoned(dir)
	if _, err := os.Stat(file.Name()); err != nil {
		t.Errorf("somebody else has removed it: %v", err)
	}
	if err := f.close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}
