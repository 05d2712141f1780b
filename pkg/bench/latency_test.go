package bench_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"discomfy/pkg/job"
)

// accepted is from the publish of a job, with the queue empty, to ComfyUI's
// answer to its POST.
func accepted(b *testing.B, p programs) []row {
	s, other := start(b, p, 0), startFake(b)
	c, heard := startBare(b, other), s.phases()
	var raw, ours sample
	for range 300 {
		g := graph(b, request("work", 0.01, 1))
		began := time.Now()
		id, err := c.post(b.Context(), g)
		if err != nil {
			b.Fatal(err)
		}
		raw = append(raw, other.acceptedAt(b, id).Sub(began))
		if _, err := c.finish(b.Context(), id); err != nil {
			b.Fatal(err)
		}
		rest(b.Context(), rand.N(20*time.Millisecond))
		r := request("work", 0.01, 1)
		began = time.Now()
		s.submit(r)
		ours = append(ours, s.fake.acceptedAt(b, r.ID.String()).Sub(began))
		s.count(heard, job.Done, 1)
		rest(b.Context(), rand.N(20*time.Millisecond))
	}
	return []row{{
		"publish → accepted by ComfyUI, against a bare POST", raw.String(), ours.String(),
		"+" + ms(ours.median()-raw.median()) + ", p99 +" + ms(ours.p99()-raw.p99()), "≤ +5 ms, p99 ≤ +15 ms",
	}}
}

// progress is from a frame's leaving ComfyUI to the progress in a follower's
// hands. The frames are further apart than the pace of progress.
func progress(b *testing.B, p programs) []row {
	s := start(b, p, 0)
	trip := roundTrip(b, s.url)
	const jobs, steps = 2, 30
	var raw, ours sample
	for range jobs {
		r := request("work", steps*0.45, steps)
		updates, err := s.broker.Follow(b.Context(), job.DefaultQueue, r.ID)
		if err != nil {
			b.Fatal(err)
		}
		s.submit(r)
		for last := 0; last < steps-1; {
			u := <-updates
			if u.Progress == nil || u.Progress.Step <= last {
				continue
			}
			now := time.Now()
			last = u.Progress.Step
			if left, ok := s.fake.stepAt(r.ID.String(), last); ok {
				ours = append(ours, now.Sub(left))
			}
			rest(b.Context(), 100*time.Millisecond)
			raw = append(raw, trip())
		}
	}
	return []row{{
		"WebSocket frame → progress subscriber, against a bare publish → subscribe", raw.String(), ours.String(),
		ratio(ours.median(), raw.median()), "≤ 3×, ≤ 0.5 ms",
	}}
}

// roundTrip measures a message of a progress's size between two connections.
func roundTrip(b *testing.B, url string) func() time.Duration {
	b.Helper()
	from, to := dial(b, url), dial(b, url)
	heard := make(chan time.Time, 1)
	_, err := to.Subscribe("bare", func(*nats.Msg) { heard <- time.Now() })
	if err == nil {
		err = to.Flush()
	}
	if err != nil {
		b.Fatal(err)
	}
	data := []byte(strings.Repeat("x", 350))
	return func() time.Duration {
		began := time.Now()
		if err := from.Publish("bare", data); err != nil {
			b.Error(err)
			return 0
		}
		return (<-heard).Sub(began)
	}
}

// hands is from the end of a run to the file in the submitter's hands.
func hands(b *testing.B, p programs) []row {
	return []row{
		handsOf(b, p, "work", "a small picture"),
		handsOf(b, p, "photo", "a file of 1.5 MB"),
	}
}

func handsOf(b *testing.B, p programs, workflow, what string) row {
	const n = 40
	s, other := start(b, p, 0), startFake(b)
	c := startBare(b, other)
	lengths := make([]float64, n)
	list := make([]json.RawMessage, n)
	for i := range lengths {
		lengths[i] = 0.2 + rand.Float64()
		list[i] = graph(b, request(workflow, lengths[i], 1))
	}
	var raw, ours sample
	saved := map[string]time.Time{} // by prompt
	var beside errgroup.Group
	beside.Go(func() error {
		for _, g := range list {
			id, err := c.post(b.Context(), g)
			if err != nil {
				return err
			}
			if _, err := c.finish(b.Context(), id); err != nil {
				return err
			}
			saved[id] = time.Now()
		}
		return nil
	})
	for _, l := range lengths {
		r := s.submit(request(workflow, l, 1))
		done := s.fetch(r)
		ours = append(ours, done.Sub(s.fake.endedAt(b, r.ID.String())))
	}
	if err := beside.Wait(); err != nil {
		b.Fatal(err)
	}
	for id, at := range saved {
		raw = append(raw, at.Sub(other.endedAt(b, id)))
	}
	return row{
		"end of a run → " + what + " in the submitter's hands, against a bare client", raw.String(), ours.String(),
		"+" + ms(ours.median()-raw.median()), "≤ +15 ms",
	}
}
