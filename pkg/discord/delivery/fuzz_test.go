package delivery_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/job"
	"discomfy/pkg/picture"
)

func addRecorded(f *testing.F, pattern string) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("../../picture", pattern))
	if err != nil || len(files) == 0 {
		f.Fatalf("no test data: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 20_000 {
			f.Add(data)
		}
	}
}

// memory is a store with one file.
type memory struct{ data []byte }

func (m *memory) GetResult(context.Context, string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(m.data)), nil
}

func fuzzed(f *testing.F, c delivery.Config) *delivery.Preparer {
	f.Helper()
	c.Temp = f.TempDir()
	small := picture.Limits{Bytes: 1 << 20, Pixels: 1 << 16, Edge: 1 << 12, Memory: 1 << 20}
	c.Input, c.Output = small, small
	p, err := delivery.New(c)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = p.Close() })
	return p
}

// FuzzInput takes whatever people send: it is refused in words, or becomes a
// picture that stays as it is from then on, and that may be a mask.
func FuzzInput(f *testing.F) {
	addRecorded(f, "testdata/*.*")
	p := fuzzed(f, delivery.Config{Store: &memory{}})
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := p.Input(t.Context(), bytes.NewReader(data))
		if err != nil {
			if job.CodeOf(err) != job.CodeInvalid {
				t.Fatalf("%v", err)
			}
			return
		}
		again, err := p.Input(t.Context(), bytes.NewReader(in.Data))
		if err != nil || !bytes.Equal(again.Data, in.Data) || again.Width != in.Width || again.Alpha != in.Alpha {
			t.Fatalf("%d × %d %s, alpha %v: the second time %v, %d × %d, alpha %v", in.Width, in.Height, in.Type, in.Alpha, err, again.Width, again.Height, again.Alpha)
		}
		masked, err := p.Mask(t.Context(), in, in)
		if err != nil && job.CodeOf(err) != job.CodeInvalid {
			t.Fatalf("%v", err)
		}
		if err == nil && (masked.Width != in.Width || !masked.Alpha) {
			t.Errorf("the masked one is %d wide, alpha %v", masked.Width, masked.Alpha)
		}
		alone, err := p.Lightness(t.Context(), delivery.Picture{}, in)
		if err != nil && job.CodeOf(err) != job.CodeInvalid {
			t.Fatalf("%v", err)
		}
		if err == nil && (alone.Width != in.Width || alone.Height != in.Height) {
			t.Errorf("alone it has %d × %d", alone.Width, alone.Height)
		}
		if p.Faults() > 0 {
			t.Error("something panicked")
		}
	})
}

// FuzzResult delivers whatever a workflow makes: as it is, smaller, or not at
// all, which is said.
func FuzzResult(f *testing.F) {
	addRecorded(f, "testdata/*.*")
	addRecorded(f, "clip/testdata/*.*")
	store := &memory{}
	plain, stripped := fuzzed(f, delivery.Config{Store: store}), fuzzed(f, delivery.Config{Store: store, Strip: true})
	f.Fuzz(func(t *testing.T, data []byte) {
		store.data = data
		order := delivery.Order{Job: jobID, Results: []job.Result{{Name: "a", Size: int64(len(data))}}}
		for _, p := range []*delivery.Preparer{plain, stripped} {
			for _, limit := range []int64{1 << 20, 1000} {
				deliverFuzzed(t, p, order, delivery.Place{Limit: limit})
			}
		}
	})
}

func deliverFuzzed(t *testing.T, p *delivery.Preparer, o delivery.Order, at delivery.Place) {
	t.Helper()
	plan, err := p.Prepare(t.Context(), o, at)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	if len(files(plan)) == 0 && len(plan.Notes) == 0 {
		t.Error("nothing is sent, and nothing said")
	}
	for _, file := range files(plan) {
		if got := read(t, file); int64(len(got)) != file.Size || file.Size > at.Limit {
			t.Errorf("%d bytes, announced were %d, allowed %d", len(got), file.Size, at.Limit)
		}
	}
	if p.Faults() > 0 {
		t.Error("something panicked")
	}
}
