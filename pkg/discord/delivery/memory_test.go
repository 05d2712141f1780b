package delivery_test

import (
	"bytes"
	"io"
	"net/http"
	"runtime"
	"testing"

	"discomfy/pkg/discord/delivery"
)

// A large file passes through a Preparer without ever lying in its memory.
func TestALargeVideoIsNotHeldInMemory(t *testing.T) { // alone: it looks at the memory of the process
	const large, most = 150 << 20, 16 << 20
	head := clipFile(t, "h264.mp4")
	rest := int64(large - len(head))
	open := func() io.Reader {
		free := []byte{byte(rest >> 24), byte(rest >> 16), byte(rest >> 8), byte(rest), 'f', 'r', 'e', 'e'}
		return io.MultiReader(bytes.NewReader(head), bytes.NewReader(free), io.LimitReader(endless{}, rest-int64(len(free))))
	}
	for name, c := range map[string]delivery.Config{"with ffmpeg": {FFmpeg: ffmpeg(t)}, "without": {}} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t).addFunc("a.mp4", "video/mp4", large, open)
			taken := allocated(func() {
				for _, file := range files(f.prepare(c, delivery.Place{})) {
					read(t, file)
				}
			})
			t.Logf("%d KiB", taken>>10)
			if taken > most {
				t.Errorf("preparing took %d KiB", taken>>10)
			}
		})
	}
	for name, strip := range map[string]bool{"a link": false, "a link without metadata": true} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t).addFunc("a.mp4", "video/mp4", large, open)
			s := f.serve(delivery.LinksConfig{}, strip)
			taken := allocated(func() {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url, http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				answer, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				defer answer.Body.Close()
				if n, err := io.Copy(io.Discard, answer.Body); err != nil || n != large {
					t.Errorf("%d bytes, %v", n, err)
				}
			})
			t.Logf("%d KiB", taken>>10)
			if taken > most {
				t.Errorf("serving took %d KiB", taken>>10)
			}
		})
	}
}

// allocated is how many bytes were taken in all, whether or not they were kept.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
