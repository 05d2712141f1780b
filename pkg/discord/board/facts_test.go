package board

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"discomfy/pkg/job"
)

var epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// happening is a state or a tick, as they may come: late, twice, out of order.
type happening struct {
	seq   uint64 // of a state; 0 for a tick
	phase job.Phase
	at    time.Duration
	tries int
}

func happenings(t *rapid.T) []happening {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) happening {
		h := happening{at: time.Duration(rapid.IntRange(0, 50).Draw(t, "at")), tries: rapid.IntRange(1, 2).Draw(t, "attempt")}
		if rapid.Bool().Draw(t, "state") {
			h.seq = rapid.Uint64Range(1, 9).Draw(t, "seq")
			h.phase = []job.Phase{job.Queued, job.Submitted, job.Running, job.Stopping, job.Done}[min(h.seq/2, 4)]
		}
		return h
	}), 1, 40).Draw(t, "happenings")
}

func TestTheNewestFactsWin(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var f facts
		var seq uint64
		for _, h := range happenings(t) {
			before := f
			if h.seq == 0 {
				took := f.learnProgress(job.Progress{Attempt: h.tries, At: epoch.Add(h.at)})
				switch {
				case took && before.ended():
					t.Fatal("progress was taken after the end")
				case took && before.progress != nil && before.progress.Attempt > h.tries:
					t.Fatal("progress of an earlier attempt was taken")
				case took && before.progress != nil && before.progress.Attempt == h.tries && !epoch.Add(h.at).After(before.progress.At):
					t.Fatal("older progress was taken")
				}
				continue
			}
			f.learnState(job.State{Phase: h.phase, Attempt: h.tries}, h.seq)
			seq = max(seq, h.seq)
			if f.seq != seq {
				t.Fatalf("knows state %d of %d", f.seq, seq)
			}
			if before.ended() && before.seq >= h.seq && !f.ended() {
				t.Fatal("an end was forgotten")
			}
		}
	})
}

func TestProgressTellsSoonerThanTheState(t *testing.T) {
	t.Parallel()
	var f facts
	f.learnState(job.State{Phase: job.Submitted, Attempt: 1}, 1)
	if f.phase() != job.Submitted || !f.waits() {
		t.Errorf("phase %q", f.phase())
	}
	f.learnProgress(job.Progress{Attempt: 1, At: epoch})
	if f.phase() != job.Running || f.waits() {
		t.Errorf("phase %q with progress", f.phase())
	}
	f.learnState(job.State{Phase: job.Submitted, Attempt: 2}, 2)
	if f.phase() != job.Submitted {
		t.Errorf("phase %q in the next attempt", f.phase())
	}
}
