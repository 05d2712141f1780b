package desk_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/desk"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

// away is a Discord that takes no edits for a while.
type away struct {
	*told
	until time.Time
}

func (d away) EditOriginal(ctx context.Context, t api.Token, m api.Message) (api.Posted, error) {
	if time.Now().Before(d.until) {
		return api.Posted{}, &api.Error{Kind: api.Down}
	}
	return d.told.EditOriginal(ctx, t, m)
}

func (d away) Followup(ctx context.Context, t api.Token, m api.Message) (api.Posted, error) {
	if time.Now().Before(d.until) {
		return api.Posted{}, &api.Error{Kind: api.Limited}
	}
	return d.told.Followup(ctx, t, m)
}

// taken is a broker in which another replica has placed the order, a moment
// after it was looked for.
type taken struct {
	*claims
	looked atomic.Int32
	handle atomic.Pointer[[]byte]
}

func (b *taken) Pending(context.Context, job.ID) (job.Request, error) {
	if b.looked.Add(1) == 1 {
		return job.Request{}, broker.ErrNotFound
	}
	return job.Request{}, nil
}

func (b *taken) Reply(_ context.Context, id job.ID) ([]byte, broker.Revision, error) {
	if data := b.handle.Load(); data != nil {
		return *data, 1, nil
	}
	data, err := json.Marshal(reply.Handle{Job: id})
	return data, 1, err
}

func (b *taken) PutReply(_ context.Context, _ job.ID, data []byte, _ broker.Revision) (broker.Revision, error) {
	b.handle.Store(&data)
	return 2, nil
}

// left is an order that was left behind.
func left(t *testing.T) (*claims, *told) {
	c := &claims{orders: map[string]broker.KeptOrder{}, all: map[string]bool{}}
	c.leave(t, time.Now(), 0)
	return c, &told{shown: api.Posted{Loading: true}}
}

// An order that ends by words has ended when Discord has taken them.
func TestWordsThatDiscordDoesNotTake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, d := left(t)
		_, stop := runWith(t, desk.Config{Discord: away{d, time.Now().Add(30 * time.Second)}, Broker: c, Board: board{}, Catalog: nothing{}})
		time.Sleep(2 * time.Minute)
		stop()
		if got := strings.Join(d.ways, " "); got != "edit" || len(c.orders) > 0 {
			t.Errorf("answered by %q, and %d orders are kept", got, len(c.orders))
		}
	})
}

// Words are not put over the card that another replica has shown meanwhile.
func TestWordsAreNotPutOverACard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, d := left(t)
		_, stop := runWith(t, desk.Config{Discord: d, Broker: &taken{claims: c}, Board: board{}, Catalog: nothing{}})
		time.Sleep(time.Minute)
		stop()
		if len(d.ways) > 0 {
			t.Errorf("answered by %q: %s", d.ways, d.words)
		}
	})
}
