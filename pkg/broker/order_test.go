package broker_test

import (
	"fmt"
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

// What was dropped stays in the log for twenty minutes: it is not read at each
// look.
func TestALookAtOrdersDoesNotReadWhatWasDropped(t *testing.T) {
	t.Parallel()
	s, b := setUpDiscord(t)
	for i := range 100 {
		key := fmt.Sprintf("k%d", i)
		if _, err := b.KeepOrder(t.Context(), key, []byte("order"), broker.AnyRevision); err != nil {
			t.Fatal(err)
		}
		if err := b.DropOrder(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.KeepOrder(t.Context(), "a", []byte("order"), broker.AnyRevision); err != nil {
		t.Fatal(err)
	}
	nc, _ := raw(t, s)
	asked, err := nc.SubscribeSync("$JS.API.STREAM.MSG.GET.*")
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	const looks = 5
	for range looks {
		if all := kept(t, b); len(all) != 1 || all[0].Key != "a" {
			t.Fatalf("kept: %v", all)
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	if n, _, err := asked.Pending(); err != nil || n > 101+2*looks {
		t.Errorf("%d looks have read %d times (%v)", looks, n, err)
	}
}
