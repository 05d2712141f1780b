package api_test

import (
	"context"
	"testing"
	"time"

	"discomfy/pkg/discord/api"
)

// thawed is a context as a process has it that was frozen past its deadline: its
// timers have not run yet.
type thawed struct{ context.Context }

func (thawed) Deadline() (time.Time, bool) { return time.Now().Add(-time.Minute), true }

func TestACallWhoseTimeIsOverIsNotMade(t *testing.T) {
	t.Parallel()
	f := newFake(t, ok)
	c := f.client(t)
	_, err := c.Edit(thawed{t.Context()}, "70", "900", api.Message{Content: "late"})
	if api.KindOf(err) != api.Down || !api.NotDone(err) {
		t.Errorf("%v", err)
	}
	if n := f.count(); n > 0 {
		t.Errorf("%d calls were made", n)
	}
}
