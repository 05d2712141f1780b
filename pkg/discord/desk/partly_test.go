package desk_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/discord/desk"
	"discomfy/pkg/job"
)

// finished is a broker in which everybody's job is done.
type finished struct{ asked }

func (finished) Last(_ context.Context, id job.ID) (job.State, error) {
	r := job.Request{ID: id, User: "discord-7"}
	return job.State{Job: id, Phase: job.Done, Request: &r, Results: []job.Result{{Name: "a"}, {Name: "b"}}}, nil
}

// inTwo puts a job's files into two messages.
type inTwo struct{ desk.Preparer }

func (inTwo) Prepare(context.Context, delivery.Order, delivery.Place) (*delivery.Plan, error) {
	open := func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("x")), nil }
	part := delivery.Batch{Files: []delivery.File{{Name: "a.png", Open: open}}}
	return &delivery.Plan{Batches: []delivery.Batch{part, part}}, nil
}

// held is a Discord whose further answers take for ever.
type held struct{ *told }

func (held) Followup(ctx context.Context, _ api.Token, _ api.Message) (api.Posted, error) {
	<-ctx.Done()
	return api.Posted{}, &api.Error{Kind: api.Down, Err: ctx.Err()}
}

// Who has seen the first files of a record is told where its replica ends before
// it has sent the others.
func TestARecordWhoseReplicaEndsBetweenItsParts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, d := nobody(), &told{}
		b := finished{asked{claims: c}}
		one, stop := runWith(t, desk.Config{Discord: held{d}, Broker: b, Board: idle{}, Preparer: inTwo{}, Catalog: nothing{}})
		one.Handle(t.Context(), show(t))
		stop()
		_, stopOther := runWith(t, desk.Config{Discord: d, Broker: b, Board: idle{}, Preparer: inTwo{}, Catalog: nothing{}})
		time.Sleep(time.Minute) // synctest
		stopOther()
		if got := d.got(); got != "defer edit tell" || !strings.Contains(d.words, "ask again") || len(c.orders) > 0 {
			t.Errorf("answered by %q, and %d are kept: %s", got, len(c.orders), d.words)
		}
	})
}
