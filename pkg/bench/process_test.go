package bench_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"discomfy/pkg/broker"
)

// large is a result of a hundred megabytes, from the end of its run to the
// submitter's disk, against curl from ComfyUI to the disk.
func large(b *testing.B, p programs) []row {
	s := start(b, p, 0)
	s.fetch(s.submit(request("large", 0.1, 1)))
	var raw, ours sample
	var first, last int64
	for i := range 5 {
		began := time.Now()
		to := filepath.Join(s.dir, "bare")
		address := s.fake.url + "/view?filename=large.bin&type=output"
		if out, err := exec.CommandContext(b.Context(), "curl", "-sS", "-f", "-o", to, address).CombinedOutput(); err != nil {
			b.Fatalf("curl: %v\n%s", err, out)
		}
		raw = append(raw, time.Since(began))
		_ = os.Remove(to)
		r := s.submit(request("large", 0.1, 1))
		ours = append(ours, s.fetch(r).Sub(s.fake.endedAt(b, r.ID.String())))
		_, most := s.bridge.memory(b)
		if last = most; i == 0 {
			first = most
		}
	}
	return []row{
		{"result of 100 MB: ComfyUI → store → file, against curl to a file", ms(raw.median()), ms(ours.median()), ratio(ours.median(), raw.median()), "≤ 2×"},
		{"result of 100 MB: most memory of the bridge, after 2 and after 6 of them", megabytes(first), megabytes(last), megabytes(last - first), "flat"},
	}
}

// takeOver is from the death of the active bridge to the first POST of the
// standby, of a job that was published at that moment.
func takeOver(b *testing.B, p programs) []row {
	s := start(b, p, 0)
	var ours sample
	for range 4 {
		standby := s.startBridge()
		standby.says(b, "standing by")
		began := time.Now()
		s.bridge.stop()
		r := s.submit(request("work", 0.01, 1))
		ours = append(ours, s.fake.acceptedAt(b, r.ID.String()).Sub(began))
		s.fetch(r)
		s.bridge = standby
	}
	lease := broker.DefaultLease
	return []row{{
		"bridge killed → next submission, against the lease", seconds(lease), seconds(ours.median()) + ", at most " + seconds(ours.quantile(1)),
		"+" + seconds(ours.quantile(1)-lease), "≤ lease + 0.5 s",
	}}
}

// upReady is from the start of `discomfy up` to a served queue.
func upReady(b *testing.B, p programs) []row {
	url := startFake(b).url
	var fresh, again sample
	for range 7 {
		dir := b.TempDir()
		fresh = append(fresh, upOnce(b, p, dir, url))
		again = append(again, upOnce(b, p, dir, url))
	}
	return []row{{"`discomfy up` start → ready, in an empty folder and again", "–", fresh.String(), ms(fresh.median()) + " and " + ms(again.median()), "≤ 150 ms"}}
}

func upOnce(b *testing.B, p programs, dir, comfy string) time.Duration {
	b.Helper()
	up := run(b, p.discomfy, "up", "--data", dir, "--listen", freeAddress(b), "--comfyui", comfy, "--log-format", "json")
	ready := up.says(b, "serving the queue").Sub(up.began)
	_ = up.cmd.Process.Signal(os.Interrupt)
	up.says(b, "stopped")
	up.stop()
	return ready
}
