package desk_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/desk"
	"discomfy/pkg/job"
)

// asked is a broker with a job of everybody's, whose record takes a while.
type asked struct {
	*claims
	slow time.Duration
	err  error     // after that
	deaf time.Time // from when on it does not say that it keeps anything; zero: never
}

func (asked) Pending(_ context.Context, id job.ID) (job.Request, error) {
	return job.Request{ID: id, User: "discord-7"}, nil
}

func (a asked) States(ctx context.Context, _ job.ID) ([]job.State, error) {
	select {
	case <-time.After(a.slow):
		return nil, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (a asked) KeepOrder(ctx context.Context, key string, data []byte, was broker.Revision) (broker.Revision, error) {
	if !a.deaf.IsZero() && !time.Now().Before(a.deaf) && time.Since(a.deaf) < 50*time.Second {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	return a.claims.KeepOrder(ctx, key, data, was)
}

func nobody() *claims {
	return &claims{orders: map[string]broker.KeptOrder{}, all: map[string]bool{}}
}

// show asks for the record of a job.
func show(t *testing.T) api.Interaction {
	return command(t, time.Now(), fmt.Sprintf(`"name":"show","options":[{"name":"job","type":3,"value":%q}]`, job.NewID()))
}

// While a replica works on an answer it is nobody else's, however long that
// takes.
func TestAnAnswerThatTakesLongIsNotTakenOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, d := nobody(), &told{shown: api.Posted{Loading: true}}
		cfg := desk.Config{Discord: d, Broker: asked{claims: c, slow: 2 * time.Minute}, Board: idle{}, Catalog: nothing{}}
		one, stop := runWith(t, cfg)
		other, stopOther := runWith(t, cfg)
		one.Handle(t.Context(), show(t))
		time.Sleep(3 * time.Minute) // synctest
		stop()
		stopOther()
		if got := strings.Join(d.ways, " "); got != "defer edit" || len(c.orders) > 0 {
			t.Errorf("answered by %q, and %d are kept", got, len(c.orders))
		}
		if n := other.Stats().TookOver; n > 0 {
			t.Errorf("it was taken over %d times", n)
		}
	})
}

// Where a replica ends before its answer is ready, another one gives it.
func TestAnAnswerOfAReplicaThatEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, d := nobody(), &told{shown: api.Posted{Loading: true}}
		one, stop := runWith(t, desk.Config{Discord: d, Broker: asked{claims: c, slow: time.Hour}, Board: idle{}, Catalog: nothing{}})
		_, stopOther := runWith(t, desk.Config{Discord: d, Broker: asked{claims: c}, Board: idle{}, Catalog: nothing{}})
		one.Handle(t.Context(), show(t))
		stop()
		if got := d.got(); got != "defer" {
			t.Errorf("the one that ends has answered by %q", got)
		}
		time.Sleep(time.Minute) // synctest
		stopOther()
		if got := strings.Join(d.ways, " "); got != "defer edit" || len(c.orders) > 0 {
			t.Errorf("answered by %q, and %d are kept", got, len(c.orders))
		}
	})
}

// A replica that was frozen while another one has answered in its place does not
// put over that what has failed meanwhile.
func TestAReplicaThatThawsAfterAnotherHasAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, d := nobody(), &told{shown: api.Posted{Loading: true}}
		frozen := asked{claims: c, slow: time.Minute, err: errAway, deaf: time.Now().Add(time.Second)}
		one, stop := runWith(t, desk.Config{Discord: d, Broker: frozen, Board: idle{}, Catalog: nothing{}})
		_, stopOther := runWith(t, desk.Config{Discord: d, Broker: asked{claims: c}, Board: idle{}, Catalog: nothing{}})
		one.Handle(t.Context(), show(t))
		time.Sleep(2 * time.Minute) // synctest
		stop()
		stopOther()
		if got := strings.Join(d.ways, " "); got != "defer edit" || len(c.orders) > 0 {
			t.Errorf("answered by %q, and %d are kept", got, len(c.orders))
		}
	})
}

// No answer is promised that nobody else would give: the asker is told at once.
func TestAPromiseThatCanNotBeKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &told{}
		one, stop := runWith(t, desk.Config{Discord: d, Broker: asked{claims: nobody(), deaf: time.Now()}, Board: idle{}, Catalog: nothing{}})
		began := time.Now()
		one.Handle(t.Context(), show(t))
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the answer took %v", took)
		}
		stop()
		if got := strings.Join(d.ways, " "); got != "reply" || d.words != card.Unreachable().Content {
			t.Errorf("answered by %q: %s", got, d.words)
		}
	})
}

// What is answered at once costs no promise.
func TestWhatIsAnsweredAtOnceIsNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, d := nobody(), &told{}
		one, stop := run(t, c, d)
		one.Handle(t.Context(), help())
		stop()
		if c.revisions > 0 || len(d.ways) != 1 {
			t.Errorf("it was kept %d times, and answered by %q", c.revisions, d.ways)
		}
	})
}

// faulty is a board over which everything panics for a while.
type faulty struct {
	idle
	until time.Time
}

func (b faulty) View(id job.ID, r *job.Request) card.View {
	if time.Now().Before(b.until) {
		panic("index out of range")
	}
	return b.idle.View(id, r)
}

// What panics while Discord takes no words is not forgotten.
func TestAPanicWhileDiscordIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, d := nobody(), &told{shown: api.Posted{Loading: true}}
		soon := time.Now().Add(15 * time.Second)
		one, stop := runWith(t, desk.Config{Discord: away{d, soon}, Broker: asked{claims: c}, Board: faulty{until: soon}, Catalog: nothing{}})
		one.Handle(t.Context(), show(t))
		time.Sleep(time.Minute) // synctest
		stop()
		if got := strings.Join(d.ways, " "); got != "defer edit" || one.Stats().Panics != 1 || len(c.orders) > 0 {
			t.Errorf("answered by %q, %d panics, and %d are kept", got, one.Stats().Panics, len(c.orders))
		}
	})
}

// Words beside the message that was clicked are said when Discord takes them.
func TestWordsBesideACardThatDiscordDoesNotTake(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ down, within time.Duration }{ // since it was left behind
		"for a moment":              {28 * time.Second, 30 * time.Second},
		"for longer than one waits": {40 * time.Second, time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, d := nobody(), &told{}
				c.leaveWith(t, time.Now(), map[string]any{"update": true, "tries": 2})
				_, stop := runWith(t, desk.Config{Discord: away{d, time.Now().Add(test.down)}, Broker: c, Board: idle{}, Catalog: nothing{}})
				time.Sleep(test.within) // synctest
				stop()
				if got := strings.Join(d.ways, " "); got != "tell" || !strings.Contains(d.words, "ask again") || len(c.orders) > 0 {
					t.Errorf("answered by %q, and %d are kept: %s", got, len(c.orders), d.words)
				}
			})
		})
	}
}
