package delivery_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"discomfy/pkg/discord/delivery"
)

func TestAFolderOfAProcessThatDiedIsRemovedAtTheNextStart(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	old := time.Now().Add(-48 * time.Hour)
	place := func(name string, at time.Time, files ...string) string {
		t.Helper()
		dir := filepath.Join(temp, name)
		if err := os.MkdirAll(filepath.Join(dir, "video-1"), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if err := os.WriteFile(filepath.Join(dir, f), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(filepath.Join(dir, f), at, at); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chtimes(dir, at, at); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	dead := place("discomfy-delivery-1", old, "lock", "file-1", "video-1/a.mp4")
	half := place("discomfy-delivery-2", old, "file-1")         // it died before it had a lock
	young := place("discomfy-delivery-3", time.Now(), "file-1") // it is about to take its lock
	other := place("another-program-1", old, "file-1")
	alive, err := delivery.New(delivery.Config{Store: &store{}, Temp: temp})
	if err != nil {
		t.Fatal(err)
	}
	second, err := delivery.New(delivery.Config{Store: &store{}, Temp: temp})
	if err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]bool{dead: false, half: false, young: true, other: true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s is there: %t", filepath.Base(dir), err == nil)
		}
	}
	if found, _ := filepath.Glob(filepath.Join(temp, "discomfy-delivery-*", "lock")); len(found) != 2 {
		t.Errorf("%d folders are held, want that of each", len(found))
	}
	for _, p := range []*delivery.Preparer{alive, second} {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, _ := os.ReadDir(temp); len(left) != 2 {
		t.Errorf("%v is left", left)
	}
	if _, err := delivery.New(delivery.Config{Store: &store{}, Temp: filepath.Join(temp, "no-such-folder")}); err == nil {
		t.Error("a folder that is not there is taken")
	}
}
