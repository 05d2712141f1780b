package desk_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/desk"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

// accepted is a broker in which the job of an order waits, and that can not tell
// where it is answered, or take that, for a while.
type accepted struct {
	*claims
	reads, writes time.Time // from when on it does
	written       *[]byte   // where it is answered, as it was taken last
}

var errAway = errors.New("no answer")

func (b accepted) Pending(_ context.Context, id job.ID) (job.Request, error) {
	return job.Request{ID: id}, nil
}

func (b accepted) Reply(_ context.Context, id job.ID) ([]byte, broker.Revision, error) {
	if time.Now().Before(b.reads) {
		return nil, 0, errAway
	}
	data, err := json.Marshal(reply.Handle{Job: id})
	return data, 1, err
}

func (b accepted) PutReply(_ context.Context, _ job.ID, data []byte, _ broker.Revision) (broker.Revision, error) {
	if time.Now().Before(b.writes) {
		return 0, errAway
	}
	if b.written != nil {
		*b.written = data
	}
	return 2, nil
}

func (accepted) PutDraft(context.Context, string, []byte) error { return nil }

// idle is a board that has heard of no job.
type idle struct{ board }

func (idle) View(id job.ID, r *job.Request) card.View { return card.View{Job: id, Request: r} }
func (idle) Offline() bool                            { return true }
func (idle) Snapshot() job.Snapshot                   { return job.Snapshot{} }

// An order whose job waits already, and whose asker still reads "thinking", is
// not forgotten because the broker did not answer for a moment: while no bridge
// is there nobody else shows its card.
func TestACardThatTheBrokerHoldsUp(t *testing.T) {
	t.Parallel()
	for name, hold := range map[string]func(b *accepted, until time.Time){
		"where it is answered can not be read":     func(b *accepted, until time.Time) { b.reads = until },
		"that it is on its way can not be written": func(b *accepted, until time.Time) { b.writes = until },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, d := left(t)
				b := accepted{claims: c}
				hold(&b, time.Now().Add(30*time.Second))
				_, stop := runWith(t, desk.Config{Discord: d, Broker: b, Board: idle{}, Catalog: nothing{}})
				time.Sleep(2 * time.Minute)
				stop()
				if got := strings.Join(d.ways, " "); got != "edit" || len(c.orders) > 0 {
					t.Errorf("answered by %q, and %d orders are kept", got, len(c.orders))
				}
			})
		})
	}
}

// A card that is shown for a replica that died is changed by the token that has
// shown it: that of an earlier click dies earlier.
func TestACardThatWasLeftBehindHasTheNewerToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, d := left(t)
		var written []byte
		_, stop := runWith(t, desk.Config{Discord: d, Broker: accepted{claims: c, written: &written}, Board: idle{}, Catalog: nothing{}})
		time.Sleep(time.Minute) // synctest
		stop()
		h, err := reply.Parse(written)
		if err != nil || h.Token != "t" || h.Card != "1" {
			t.Errorf("the card %q has the token %q, %v", h.Card, h.Token, err)
		}
	})
}
