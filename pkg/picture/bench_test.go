package picture_test

import (
	"bytes"
	"image/png"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"discomfy/pkg/picture"
)

// BenchmarkFit4096 fits what a large run makes into Discord's usual limit:
// "photo" is what a model paints, noise the worst case. A decoding is what
// reading the file alone takes. Peak is the memory that
// was in use, with garbage and the file, which lies in memory here.
func BenchmarkFit4096(b *testing.B) {
	for name, amplitude := range map[string]int{"photo": 12, "noise": 256} {
		b.Run(name, func(b *testing.B) {
			var file bytes.Buffer
			if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&file, noise(4096, 4096, amplitude)); err != nil {
				b.Fatal(err)
			}
			start := time.Now()
			if _, err := png.Decode(bytes.NewReader(file.Bytes())); err != nil {
				b.Fatal(err)
			}
			decoding := time.Since(start)
			stop, peak := watch()
			for b.Loop() {
				out, err := picture.FitFile(b.Context(), bytes.NewReader(file.Bytes()), int64(file.Len()), 10<<20, picture.FitOptions{})
				if err != nil || len(out.Data) > 10<<20 {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(out.Data))/(10<<20), "of-limit")
				b.ReportMetric(float64(out.Quality), "quality")
			}
			stop()
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(decoding), "decodings")
			b.ReportMetric(float64(peak.Load()>>20), "peak-MiB")
			b.ReportMetric(float64(file.Len()>>20), "file-MiB")
		})
	}
}

// watch samples the memory in use until stopped.
func watch() (stop func(), peak *atomic.Uint64) {
	runtime.GC()
	peak = new(atomic.Uint64)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapInuse+m.StackInuse))
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	return func() { close(done); <-ended }, peak
}
