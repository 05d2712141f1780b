package delivery

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"runtime"
	"strings"
	"testing"

	"discomfy/pkg/job"
)

// one is a store that has the same file under every name.
type one struct{ read func(p []byte) (int, error) }

func (o one) GetResult(context.Context, string) (io.ReadCloser, error) { return io.NopCloser(o), nil }

func (o one) Read(p []byte) (int, error) { return o.read(p) }

// A decoder that panics does so on its input; here the input itself panics in
// the middle of the work, which comes to the same.
func TestAResultThatMakesItsReaderPanic(t *testing.T) {
	t.Parallel()
	n := 0
	p := newPanicky(t, one{func(b []byte) (int, error) {
		if n++; n > 2 {
			panic("index out of range")
		}
		return copy(b, "\x89PNG\r\n\x1a\nand so on, for a while and longer than any head that is looked at"), nil
	}})
	plan, err := p.Prepare(t.Context(), Order{Job: job.FromInteraction("1"), Results: []job.Result{{Name: "a", Size: 1 << 20}}}, Place{})
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Batches) > 0 || len(plan.Notes) != 2 || plan.Notes[0] != "The picture is not attached: the file can not be read here" {
		t.Errorf("%d messages, %q", len(plan.Batches), plan.Notes)
	}
	if p.Faults() != 1 {
		t.Errorf("%d faults were counted", p.Faults())
	}
	if err := plan.Close(); err != nil {
		t.Error(err)
	}
	if !p.folder.room.TryAcquire(p.folder.most) {
		t.Error("room was not given back")
	}
}

func newPanicky(t *testing.T, s Store) *Preparer {
	t.Helper()
	p, err := New(Config{Store: s, Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestAPictureThatMakesItsDecoderPanic(t *testing.T) {
	t.Parallel()
	p := newPanicky(t, one{})
	decoder := func() error { panic("index out of range") }
	err := worded(p.withPicture(t.Context(), "an input", decoder))
	if e, ok := errors.AsType[*job.Error](err); !ok || e.Code != job.CodeInvalid || !strings.HasPrefix(e.Message, "the picture can not be read here") {
		t.Errorf("%v", err)
	}
	// The next one has its turn.
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 3))); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Input(t.Context(), &b); err != nil || p.Faults() != 1 {
		t.Errorf("%v, %d faults", err, p.Faults())
	}
}

// Garbage of a picture does not lie beside the next one.
func TestALargePictureLeavesNothingBehind(t *testing.T) { // alone: it looks at the memory of the process
	p := newPanicky(t, one{})
	runtime.GC()
	before := heap()
	for range 3 {
		err := p.withPicture(t.Context(), "a picture", func() error {
			pixels := make([]byte, 3*litter)
			for i := 0; i < len(pixels); i += 4096 {
				pixels[i] = 1
			}
			runtime.KeepAlive(pixels)
			return nil
		})
		if after := heap(); err != nil || after > before+litter {
			t.Errorf("%v, %d MiB are left", err, (after-before)>>20)
		}
	}
}
