package broker_test

import (
	"testing"
	"time"

	"discomfy/pkg/broker"
)

func kept(t *testing.T, b *broker.Broker) []broker.KeptOrder {
	t.Helper()
	var all []broker.KeptOrder
	for o, err := range b.KeptOrders(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	return all
}

func TestAnOrderIsKeptUntilItIsDropped(t *testing.T) {
	t.Parallel()
	_, b := setUpDiscord(t)
	if all := kept(t, b); len(all) > 0 {
		t.Fatalf("kept: %v", all)
	}
	for _, key := range []string{"a", "b", "c"} {
		if _, err := b.KeepOrder(t.Context(), key, []byte("order "+key), broker.AnyRevision); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.DropOrder(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	all := kept(t, b)
	if len(all) != 2 || all[0].Key != "a" || string(all[1].Data) != "order c" || time.Since(all[0].Stored) > time.Minute {
		t.Errorf("kept: %v", all)
	}
}

// Of those who want to go on with an order one does.
func TestOneTakesAnOrderOver(t *testing.T) {
	t.Parallel()
	_, b := setUpDiscord(t)
	if _, err := b.KeepOrder(t.Context(), "a", []byte("1"), broker.AnyRevision); err != nil {
		t.Fatal(err)
	}
	seen := kept(t, b)[0]
	revision, err := b.KeepOrder(t.Context(), "a", []byte("2"), seen.Revision)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.KeepOrder(t.Context(), "a", []byte("3"), seen.Revision)
	wantErr(t, err, broker.ErrConflict)
	if all := kept(t, b); len(all) != 1 || string(all[0].Data) != "2" || all[0].Revision != revision {
		t.Errorf("kept: %v, want revision %d", all, revision)
	}
}
