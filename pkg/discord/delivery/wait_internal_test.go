package delivery

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/job"
)

// A video that waits for others for too long goes as it is, where it may.
func TestAVideoDoesNotWaitForOthersForEver(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../picture/clip/testdata/hevc.mp4")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		p, err := New(Config{Store: file(data), Temp: t.TempDir(), FFmpeg: "/nonexistent/ffmpeg"})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = p.Close() }()
		if err := p.videos.Acquire(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		o := Order{Job: job.FromInteraction("1"), Results: []job.Result{{Name: "a.mp4", Size: int64(len(data))}}}
		plan, err := p.Prepare(t.Context(), o, Place{})
		if err != nil || len(plan.Batches) != 1 || len(plan.Notes) != 1 || time.Since(began) != p.cfg.VideoWait {
			t.Fatalf("%v, after %v: %+v", err, time.Since(began), plan)
		}
		_ = plan.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := p.Prepare(ctx, o, Place{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("its context ended: %v", err)
		}
	})
}

// file is a store of one file.
type file []byte

func (f file) GetResult(context.Context, string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(f)), nil
}
