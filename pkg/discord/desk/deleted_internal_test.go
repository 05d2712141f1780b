package desk

import (
	"context"
	"testing"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

// storing is a broker that keeps the last handle.
type storing struct {
	mute
	data *[]byte
}

func (b storing) PutReply(_ context.Context, _ job.ID, data []byte, _ broker.Revision) (broker.Revision, error) {
	*b.data = data
	return 1, nil
}

// withdrawing is a board that counts what was withdrawn.
type withdrawing struct {
	asleep
	n *int
}

func (b withdrawing) Withdraw(context.Context, reply.Handle) { *b.n++ }

// swept is a Discord whose answers are gone.
type swept struct {
	Discord
	answered bool // by somebody
}

func (s swept) Reply(context.Context, api.Interaction, api.Message) (api.Posted, error) {
	if s.answered {
		return api.Posted{}, &api.Error{Kind: api.Acked}
	}
	return api.Posted{}, &api.Error{Kind: api.TooLate}
}

func (swept) EditOriginal(context.Context, api.Token, api.Message) (api.Posted, error) {
	return api.Posted{}, &api.Error{Kind: api.Gone}
}

// A card that a replica had shown before it died, and that people have deleted
// before another one took over, was seen: its job goes on.
func TestACardThatIsDeletedBeforeItIsKnown(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answered  bool
		stance    stance
		withdrawn int
	}{
		"another one's card":           {answered: true, stance: fresh},
		"no answer was ever taken":     {stance: fresh, withdrawn: 1},
		"what read “thinking” is gone": {stance: deferred, withdrawn: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var data []byte
			var n int
			d := New(Config{Discord: swept{answered: test.answered}, Broker: storing{data: &data}, Board: withdrawing{n: &n}})
			defer d.giveUp()
			v := d.visit(slash("generate"), time.Now())
			id := job.NewID()
			v.stance = test.stance
			v.showCard(t.Context(), reply.Handle{Job: id}, job.Request{ID: id})
			h, err := reply.Parse(data)
			if err != nil || n != test.withdrawn || h.Lost != (n > 0) || h.Gone == (n > 0) {
				t.Errorf("withdrawn %d times; lost %v, gone %v, %v", n, h.Lost, h.Gone, err)
			}
		})
	}
}
