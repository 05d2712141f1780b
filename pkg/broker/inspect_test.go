package broker_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

func TestStateLogHoldsEveryJobInTheOrderOfWriting(t *testing.T) {
	t.Parallel()
	_, b := setUp(t)
	l := lead(t, b)
	a, c := request(), request()
	submit(t, b, a, c)
	type written struct {
		Job   job.ID
		Phase job.Phase
	}
	want := []written{{a.ID, job.Queued}, {c.ID, job.Queued}, {a.ID, job.Submitted}, {c.ID, job.Cancelled}, {a.ID, job.Done}}
	for _, w := range want {
		s := job.State{Job: w.Job, Phase: w.Phase}
		if w.Phase == job.Queued {
			s.Queue = queue
		}
		if err := l.Write(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	read := func(after uint64) (got []written, last uint64) {
		for s, err := range b.StateLog(t.Context(), after) {
			if err != nil {
				t.Fatal(err)
			}
			if s.Seq <= last || s.Stored.IsZero() || s.Epoch != l.Epoch() {
				t.Errorf("state %+v behind %d", s, last)
			}
			got, last = append(got, written{s.Job, s.Phase}), s.Seq
		}
		return got, last
	}
	got, last := read(0)
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b job.ID) bool { return a == b })); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	if rest, _ := read(last - 1); len(rest) != 1 {
		t.Errorf("%d states behind the last but one, want 1", len(rest))
	}
}

func TestResultsListsEveryFileOnce(t *testing.T) {
	t.Parallel()
	_, b := setUp(t)
	l := lead(t, b)
	for _, name := range []string{"a/1-1.png", "b/1-1.png", "a/1-1.png"} {
		if _, _, err := l.PutResult(t.Context(), name, bytes.NewReader(content(len(name)))); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for o, err := range b.Results(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if (o != broker.ObjectInfo{Name: o.Name, Size: 9, Digest: digest(content(9)), Stored: o.Stored}) {
			t.Errorf("entry %+v", o)
		}
		got = append(got, o.Name)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"a/1-1.png", "b/1-1.png"}, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}
