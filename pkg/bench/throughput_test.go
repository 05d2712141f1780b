package bench_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"discomfy/pkg/job"
)

// oneSecondJobs is the wall time of a hundred jobs; both sides mostly wait, and
// do so at the same time.
func oneSecondJobs(b *testing.B, p programs) []row {
	const n = 100
	s, c := start(b, p, 0), startBare(b, startFake(b))
	list := graphs(b, n, "work", 1)
	var raw time.Duration
	var beside errgroup.Group
	beside.Go(func() error {
		began := time.Now()
		err := c.all(b.Context(), list)
		raw = time.Since(began)
		return err
	})
	ours := s.wall(n, 1)
	if err := beside.Wait(); err != nil {
		b.Fatal(err)
	}
	return []row{{"100 jobs of 1 s, wall time, against a bare client", seconds(raw), seconds(ours), ratio(ours, raw), "≤ 1.01×"}}
}

// wall is the time from the first publish to the last end of n jobs.
func (s *stack) wall(n int, length float64) time.Duration {
	s.Helper()
	heard := s.phases()
	list := requests(n, "work", length)
	began := time.Now()
	for _, r := range list {
		s.submit(r)
	}
	return s.count(heard, job.Done, n).Sub(began)
}

// turns measures both sides in turns; the medians are what counts.
func turns(b *testing.B, p programs, n int, length float64) (raw, ours time.Duration) {
	s, c := start(b, p, 0), startBare(b, startFake(b))
	var bares, bridges sample
	for range 3 {
		list := graphs(b, n, "work", length)
		began := time.Now()
		if err := c.all(b.Context(), list); err != nil {
			b.Fatal(err)
		}
		bares = append(bares, time.Since(began))
		bridges = append(bridges, s.wall(n, length))
		rest(b.Context(), time.Second)
	}
	return bares.median(), bridges.median()
}

func shortJobs(b *testing.B, p programs) []row {
	raw, ours := turns(b, p, 200, 0.1)
	return []row{{"200 jobs of 100 ms, wall time, against a bare client", seconds(raw), seconds(ours), ratio(ours, raw), "≤ 1.05×"}}
}

func noWork(b *testing.B, p programs) []row {
	const n = 300
	raw, ours := turns(b, p, n, 0)
	rate := func(d time.Duration) string { return fmt.Sprintf("%.0f/s", n/d.Seconds()) }
	return []row{{"jobs a second with a ComfyUI that does no work, against a bare client", rate(raw), rate(ours), ratio(ours, raw), "–"}}
}

// backlog is ten thousand jobs behind two that do not end.
func backlog(b *testing.B, p programs) []row {
	const n = 10_000
	s := start(b, p, 2*n)
	for range 2 {
		r := s.submit(request("work", 600, 1))
		s.fake.acceptedAt(b, r.ID.String())
	}
	before, _ := s.bridge.memory(b)
	heard := s.phases()
	list := requests(n, "work", 1)
	began := time.Now()
	if err := s.submitAll(list, 16); err != nil {
		b.Fatal(err)
	}
	stored := time.Since(began)
	held := s.count(heard, job.Queued, n).Sub(began)
	rest(b.Context(), 2*time.Second)
	now, most := s.bridge.memory(b)
	rate := func(d time.Duration) string { return fmt.Sprintf("%.0f/s", n/d.Seconds()) }
	return []row{
		{"10,000 queued jobs: accepted by the queue (16 submitters)", "–", seconds(stored), rate(stored), "≥ 2,000/s"},
		{"10,000 queued jobs: held by the bridge, `queued` written", "–", seconds(held), rate(held), "–"},
		{"10,000 queued jobs: memory of the bridge", megabytes(before) + " without", "at most " + megabytes(most), megabytes(now), "≤ 100 MB"},
		{"10,000 queued jobs: one queue snapshot", "–", "–", ms(snapshot(b)), "≤ 5 ms"},
	}
}

func (s *stack) submitAll(list []job.Request, submitters int) error {
	group, ctx := errgroup.WithContext(s.Context())
	group.SetLimit(submitters)
	for _, r := range list {
		group.Go(func() error {
			_, err := s.broker.Submit(ctx, r)
			return err
		})
	}
	return group.Wait()
}

// snapshot is what pkg/bridge's own benchmark says, which sees inside.
func snapshot(b *testing.B) time.Duration {
	b.Helper()
	out, err := exec.CommandContext(b.Context(), "go", "test", "-run", "^$", "-bench", "^BenchmarkSnapshot$", "discomfy/pkg/bridge").CombinedOutput()
	fields := bytes.Fields(out)
	for i := range fields {
		if err == nil && string(fields[i]) == "ns/op" {
			ns, _ := strconv.ParseFloat(string(fields[i-1]), 64)
			return time.Duration(ns)
		}
	}
	b.Fatalf("the benchmark of the snapshot said %s, %v", out, err)
	return 0
}
