package broker_test

import (
	"errors"
	"sync"
	"testing"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

func standing(t *testing.T, b *broker.Broker) broker.Standing {
	t.Helper()
	s, err := b.Standing(t.Context(), queue, request().User)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAJobIsSubmittedUponWhatIsThere(t *testing.T) {
	t.Parallel()
	_, b := setUp(t)
	empty := standing(t, b)
	other := request()
	other.User = "terminal-bob"
	submit(t, b, other) // is nothing of ann's
	first, second := request(), request()
	if r, err := b.SubmitUpon(t.Context(), first, empty); err != nil || r.Duplicate {
		t.Fatalf("upon nothing: %+v, %v", r, err)
	}
	_, err := b.SubmitUpon(t.Context(), second, empty)
	wantErr(t, err, broker.ErrConflict)
	_, err = b.SubmitUpon(t.Context(), first, empty) // as where the answer was lost
	wantErr(t, err, broker.ErrConflict)
	now := standing(t, b)
	if len(now.Jobs) != 1 || now.Jobs[0].ID != first.ID {
		t.Errorf("standing %+v", now)
	}
	if r, err := b.SubmitUpon(t.Context(), first, now); err != nil || !r.Duplicate {
		t.Errorf("the same again: %+v, %v", r, err)
	}
	if _, err := b.SubmitUpon(t.Context(), second, now); err != nil {
		t.Error(err)
	}
	_, err = b.SubmitUpon(t.Context(), other, now)
	wantCode(t, err, job.CodeInvalid)
}

// However many count at the same time, no more get in than each of them allows.
func TestNoMoreThanTheStandingAllows(t *testing.T) {
	t.Parallel()
	s, first := setUp(t)
	const most, asked = 5, 30
	all := []*broker.Broker{first, connect(t, s, nil), connect(t, s, nil)}
	var group sync.WaitGroup
	for i := range asked {
		b, r := all[i%len(all)], request()
		group.Go(func() {
			for {
				now, err := b.Standing(t.Context(), r.Queue, r.User)
				if err != nil {
					t.Error(err)
					return
				}
				if len(now.Jobs) >= most {
					return
				}
				if _, err = b.SubmitUpon(t.Context(), r, now); !errors.Is(err, broker.ErrConflict) {
					if err != nil {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	group.Wait()
	if n := len(standing(t, first).Jobs); n != most {
		t.Errorf("%d jobs, want %d", n, most)
	}
}
