package board

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/job"
)

func TestFairShareRaisesAPlace(t *testing.T) {
	t.Parallel()
	a, b, c, d := job.NewID(), job.NewID(), job.NewID(), job.NewID()
	line := func(ids ...job.ID) (out []job.Place) {
		for _, id := range ids {
			out = append(out, job.Place{Job: id})
		}
		return out
	}
	for name, x := range map[string]struct {
		before, now []job.Place
		want        map[job.ID]bool
	}{
		"the line moves":            {line(a, b, c), line(b, c), map[job.ID]bool{}},
		"somebody joins":            {line(a, b), line(a, b, c), map[job.ID]bool{}},
		"somebody joins in between": {line(a, b), line(a, c, b), map[job.ID]bool{c: true}},
		"one passes another":        {line(a, b, c), line(a, c, b), map[job.ID]bool{c: true}},
		"two join behind":           {line(a), line(a, b, c, d), map[job.ID]bool{}},
		"the first line of all":     {nil, line(a, b, c), map[job.ID]bool{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(x.want, raised(x.before, x.now, nil)); diff != "" {
				t.Errorf("raised (-want +got):\n%s", diff)
			}
		})
	}
	if got := raised(line(a, c, b), line(c, b), map[job.ID]bool{c: true}); !got[c] {
		t.Error("a raise was forgotten")
	}
}

func TestPlacesOfASnapshot(t *testing.T) {
	t.Parallel()
	run, wait := job.NewID(), job.NewID()
	var q queue
	q.learn(job.Snapshot{At: epoch, Running: []job.Place{{Job: run, Seconds: 5}}, Waiting: []job.Place{{Job: wait, Seconds: 30}}, Server: "busy"})
	want := place{Position: 2, Of: 2, Start: epoch.Add(30 * time.Second), Server: "busy"}
	if got := q.place(wait); got != want {
		t.Errorf("place %+v, want %+v", got, want)
	}
	if got := q.place(run); got.Position != 1 || !got.Start.IsZero() {
		t.Errorf("the running job's place is %+v", got)
	}
	if got := q.place(job.NewID()); got.Position != 0 {
		t.Errorf("an unknown job's place is %+v", got)
	}
}

func TestAnEstimateIsSteady(t *testing.T) {
	t.Parallel()
	shown := place{Position: 3, Start: epoch.Add(10 * time.Minute)}
	near := place{Position: 3, Start: shown.Start.Add(50 * time.Second)}
	if got := steady(near, shown, epoch); got != shown {
		t.Errorf("a small change is shown: %+v", got)
	}
	far := place{Position: 3, Start: shown.Start.Add(3 * time.Minute)}
	if got := steady(far, shown, epoch); got != far {
		t.Errorf("a large change is not shown: %+v", got)
	}
	moved := place{Position: 2, Start: near.Start}
	if got := steady(moved, shown, epoch); got != moved {
		t.Errorf("another position is not shown: %+v", got)
	}
}
