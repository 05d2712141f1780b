package desk

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/command"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

// mute is a broker that takes a job and does not say so.
type mute struct{ lone }

func (mute) PutReply(context.Context, job.ID, []byte, broker.Revision) (broker.Revision, error) {
	return 1, nil
}

func (mute) Reply(_ context.Context, id job.ID) ([]byte, broker.Revision, error) {
	data, err := json.Marshal(reply.Handle{Job: id})
	return data, 1, err
}

func (mute) SubmitUpon(context.Context, job.Request, broker.Standing) (broker.Receipt, error) {
	return broker.Receipt{}, &job.Error{Code: job.CodeUnconfirmed}
}

func (mute) Last(context.Context, job.ID) (job.State, error) { return job.State{}, broker.ErrNotFound }

func (mute) Pending(_ context.Context, id job.ID) (job.Request, error) {
	return job.Request{ID: id}, nil
}

func (mute) Draft(context.Context, string) ([]byte, error)  { return nil, broker.ErrNotFound }
func (mute) PutDraft(context.Context, string, []byte) error { return nil }

// asleep is a board that hears of no job: no bridge is there.
type asleep struct{ reached }

func (asleep) View(id job.ID, r *job.Request) card.View { return card.View{Job: id, Request: r} }
func (asleep) Offline() bool                            { return true }
func (asleep) Snapshot() job.Snapshot                   { return job.Snapshot{} }

// edits counts how often what a deferred answer shows was replaced.
type edits struct {
	Discord
	n int
}

func (e *edits) EditOriginal(context.Context, api.Token, api.Message) (api.Posted, error) {
	e.n++
	return api.Posted{ID: "1"}, nil
}

// Whose order is not confirmed, and has arrived after all, reads its card in
// place of "thinking", though no bridge has heard of the job.
func TestAnOrderThatHasArrivedUnconfirmed(t *testing.T) {
	t.Parallel()
	out := &edits{}
	d := New(Config{Discord: out, Broker: mute{}, Board: asleep{}})
	defer d.giveUp()
	v := d.visit(slash("edit"), time.Now())
	v.stance, v.asks = deferred, job.NewID()
	v.place(t.Context(), t.Context(), command.Ask{}, job.Request{ID: v.asks}, broker.Standing{})
	if out.n != 1 {
		t.Errorf("the answer was edited %d times", out.n)
	}
}
