package terminal_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"discomfy/pkg/terminal"
)

func TestCheckFolderLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	for _, dir := range []string{base, filepath.Join(base, "not", "yet")} {
		if err := terminal.CheckFolder(dir); err != nil {
			t.Error(err)
		}
	}
	if left := files(t, base); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestCheckFolderRefusesWhereNothingCanBeSaved(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	file, locked := filepath.Join(base, "file"), filepath.Join(base, "locked")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Mkdir(locked, 0o500)); err != nil {
		t.Fatal(err)
	}
	refused := []string{file, filepath.Join(file, "below")}
	if f, err := os.Create(filepath.Join(locked, "x")); errors.Is(err, fs.ErrPermission) {
		refused = append(refused, locked, filepath.Join(locked, "below"))
	} else { // the superuser may
		_ = f.Close()
	}
	for _, dir := range refused {
		err := terminal.CheckFolder(dir)
		if err == nil || !strings.Contains(err.Error(), "cannot save in "+dir+": ") || strings.Contains(err.Error(), ".discomfy-") {
			t.Errorf("%s: %v", dir, err)
		}
	}
}
