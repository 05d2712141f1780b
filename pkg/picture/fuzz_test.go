package picture_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"discomfy/pkg/picture"
)

// small keeps the fuzzer's pictures small.
var small = picture.Limits{Bytes: 1 << 20, Pixels: 1 << 16, Edge: 1 << 12, Memory: 1 << 20}

func addRecorded(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) == 0 {
		f.Fatalf("no test data: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

func FuzzSniff(f *testing.F) {
	addRecorded(f)
	f.Fuzz(func(t *testing.T, head []byte) {
		kind := picture.Sniff(head)
		if len(head) > picture.SniffLen && picture.Sniff(head[:picture.SniffLen]) != kind {
			t.Errorf("it looked behind %d bytes", picture.SniffLen)
		}
	})
}

// FuzzDecode covers the parsers of all headers and of EXIF.
func FuzzDecode(f *testing.F) {
	addRecorded(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		m, i, err := picture.Decode(t.Context(), bytes.NewReader(data), int64(len(data)), small)
		switch {
		case err == nil:
			if n := m.Bounds().Dx() * m.Bounds().Dy(); n != i.Width*i.Height || n > 1<<16 || i.Orientation < 1 || i.Orientation > 8 {
				t.Errorf("%v for %+v", m.Bounds(), i)
			}
		case !errors.Is(err, picture.ErrDamaged) && !errors.Is(err, picture.ErrForeign) && !errors.Is(err, picture.ErrLarge):
			t.Errorf("%v", err)
		}
	})
}

func FuzzMetadata(f *testing.F) {
	addRecorded(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := stripped(t, data)
		if err != nil {
			if !errors.Is(err, picture.ErrDamaged) && !errors.Is(err, picture.ErrForeign) {
				t.Errorf("%v", err)
			}
			return
		}
		again, err := stripped(t, out)
		if err != nil || !bytes.Equal(again, out) {
			t.Errorf("what is left is cut again (%v)", err)
		}
	})
}
