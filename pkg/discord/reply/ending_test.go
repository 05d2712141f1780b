package reply_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/discord/reply"
)

func TestAMessageCountsOnce(t *testing.T) {
	t.Parallel()
	e := reply.Ending{InCard: true, First: 10, Trying: 1}
	more := reply.Sent{Channel: "1", Message: "2", From: 10, Files: 4}
	e.Add(more)
	e.Add(more)
	if diff := cmp.Diff(reply.Ending{InCard: true, First: 10, Sent: []reply.Sent{more}}, e); diff != "" {
		t.Error(diff)
	}
	if !e.Has(9) || !e.Has(13) || e.Has(14) {
		t.Errorf("its files are not 0 to 13: %+v", e)
	}
	if _, ok := e.Main(); ok {
		t.Error("a further message is taken for the main one")
	}
}

// Where the result goes to a message after all, the card counts no files.
func TestAMainMessageTakesThePlaceOfTheCard(t *testing.T) {
	t.Parallel()
	e := reply.Ending{InCard: true, First: 10, Sent: []reply.Sent{{Message: "2", From: 10, Files: 4}}}
	e.Add(reply.Sent{Message: "3", Main: true, Files: 8})
	if m, ok := e.Main(); !ok || m.Message != "3" || e.InCard || e.Has(8) || !e.Has(7) || !e.Has(10) {
		t.Errorf("%+v", e)
	}
}

func TestOneHolds(t *testing.T) {
	t.Parallel()
	now := time.Unix(1, 0)
	var e reply.Ending
	if !e.Seize("a", now, time.Minute) || e.Seize("b", now, time.Minute) || !e.Seize("a", now, time.Minute) {
		t.Errorf("a does not hold it: %+v", e)
	}
	if !e.Seize("b", now.Add(time.Hour), time.Minute) {
		t.Error("a holds it although it has not been heard of")
	}
	e.Release("a")
	if e.Holder != "b" {
		t.Error("a has given up what is not its own")
	}
	e.Release("b")
	if diff := cmp.Diff(reply.Ending{}, e); diff != "" {
		t.Error(diff)
	}
}
