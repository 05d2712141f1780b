package desk_test

import (
	"context"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/desk"
)

// apart is a broker whose server has another time than we have. As on a server,
// what is kept while the orders are read is read as well.
type apart struct {
	*claims
	by time.Duration
}

func (b apart) KeptOrders(ctx context.Context) iter.Seq2[broker.KeptOrder, error] {
	return func(yield func(broker.KeptOrder, error) bool) {
		for after, some := broker.Revision(0), true; some; {
			some = false
			for o, err := range b.claims.KeptOrders(ctx) {
				if err != nil {
					yield(o, err)
					return
				}
				if o.Revision <= after {
					continue
				}
				after, some = o.Revision, true
				o.Stored = o.Stored.Add(b.by)
				if !yield(o, nil) {
					return
				}
			}
		}
	}
}

// However far a replica's clock is from the server's, an order is left to who
// places it for as long as that may take, and then is anybody's.
func TestAnOrderHasItsTimeByAnyClock(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]time.Duration{"ours is ahead": -time.Minute, "the same": 0, "ours is behind": time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := &claims{orders: map[string]broker.KeptOrder{}, all: map[string]bool{}}
				d := &told{shown: api.Posted{Loading: true}}
				_, stop := runWith(t, desk.Config{Discord: d, Broker: apart{c, by}, Board: board{}, Catalog: nothing{}})
				time.Sleep(5 * time.Second) // synctest
				c.leave(t, time.Now(), 0)
				time.Sleep(20 * time.Second) // synctest
				synctest.Wait()
				d.mu.Lock()
				if len(d.ways) > 0 {
					t.Errorf("it was taken over early: %q %s", d.ways, d.words)
				}
				d.mu.Unlock()
				time.Sleep(10 * time.Second) // synctest
				stop()
				if got := strings.Join(d.ways, " "); got != "edit" {
					t.Errorf("answered by %q", got)
				}
			})
		})
	}
}
