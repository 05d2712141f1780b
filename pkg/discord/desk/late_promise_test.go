package desk_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/desk"
)

// stuck is a broker as a replica has it that is frozen while it keeps a promise.
type stuck struct {
	asked
	until time.Time
}

func (b stuck) KeepOrder(context.Context, string, []byte, broker.Revision) (broker.Revision, error) {
	time.Sleep(time.Until(b.until)) // synctest
	return 0, context.DeadlineExceeded
}

// preceded is a Discord that has the answer of another replica.
type preceded struct{ *told }

func (preceded) Reply(context.Context, api.Interaction, api.Message) (api.Posted, error) {
	return api.Posted{}, &api.Error{Kind: api.Acked}
}

// A replica that was frozen before it could promise an answer ends nobody else's
// promise when it thaws: who took over is still at it.
func TestAPromiseThatCanNotBeKeptEndsNoOther(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]asked{
		"it fails afterwards": {slow: time.Minute, err: errAway},
		"it ends afterwards":  {slow: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, d := nobody(), &told{shown: api.Posted{Loading: true}}
				frozen := stuck{asked{claims: c}, time.Now().Add(30 * time.Second)}
				one, stop := runWith(t, desk.Config{Discord: preceded{d}, Broker: frozen, Board: idle{}, Catalog: nothing{}})
				other.claims = c
				two, stopTwo := runWith(t, desk.Config{Discord: d, Broker: other, Board: idle{}, Catalog: nothing{}})
				i := show(t)
				go one.Handle(t.Context(), i)
				synctest.Wait()
				go two.Handle(t.Context(), i)
				time.Sleep(35 * time.Second) // synctest
				stop()
				if other.err != nil {
					time.Sleep(time.Minute) // synctest
				}
				stopTwo()
				_, stopThree := runWith(t, desk.Config{Discord: d, Broker: asked{claims: c}, Board: idle{}, Catalog: nothing{}})
				time.Sleep(time.Minute) // synctest
				stopThree()
				if got := d.got(); got != "defer edit" || len(c.orders) > 0 {
					t.Errorf("answered by %q, and %d are kept", got, len(c.orders))
				}
			})
		})
	}
}
