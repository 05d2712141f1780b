package desk

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

// overtaken is a broker that keeps another replica's promise and serves nothing
// that was asked for too long ago.
type overtaken struct {
	lone
	dropped *int
}

func (overtaken) KeepOrder(context.Context, string, []byte, broker.Revision) (broker.Revision, error) {
	return 0, broker.ErrConflict
}

func (b overtaken) DropOrder(context.Context, string) error {
	*b.dropped++
	return nil
}

func (overtaken) DeleteResult(context.Context, string) error { return context.DeadlineExceeded }

// spoken notes what was said.
type spoken struct {
	Discord
	ways []string
}

func (s *spoken) EditOriginal(context.Context, api.Token, api.Message) (api.Posted, error) {
	s.ways = append(s.ways, "edit")
	return api.Posted{ID: "1"}, nil
}

func (s *spoken) Followup(context.Context, api.Token, api.Message) (api.Posted, error) {
	s.ways = append(s.ways, "tell")
	return api.Posted{ID: "2"}, nil
}

// A replica that was frozen while another one took over what it had promised does
// not say, after that one, that nothing came of it; nor does one that ends.
func TestWhoThawsSaysNothingOfAFailure(t *testing.T) {
	t.Parallel()
	failures := map[string]func(ctx context.Context, v *visit){
		"a result is not deleted": func(ctx context.Context, v *visit) {
			id := job.NewID()
			v.erase(ctx, card.ID{Job: id}, subject{
				id: id, state: job.State{Phase: job.Done, Results: []job.Result{{Name: "a"}}},
				handle: &reply.Handle{Job: id, Asker: v.i.Asker().ID},
			})
		},
		"the broker does not answer": func(ctx context.Context, v *visit) {
			v.later(ctx, func(ctx context.Context) { v.unreachable(ctx, context.DeadlineExceeded) })
		},
		"a picture is not stored": func(ctx context.Context, v *visit) {
			v.later(ctx, func(ctx context.Context) { v.failPicture(ctx, errors.Join(errNotStored, context.DeadlineExceeded)) })
		},
	}
	for name, fails := range failures {
		for _, ends := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					out, dropped := &spoken{}, 0
					d := New(Config{Discord: out, Broker: overtaken{dropped: &dropped}, Board: asleep{}})
					defer d.giveUp()
					if ends {
						d.giveUp()
					}
					v := d.visit(slash("edit"), time.Now())
					v.stance, v.keeps = deferred, true
					v.kept = &kept{notes: d.cfg.Broker, key: v.i.ID, revision: 5}
					fails(t.Context(), v)
					d.busy.Wait()
					if len(out.ways) > 0 || dropped > 0 {
						t.Errorf("it was answered by %q, and dropped %d times", out.ways, dropped)
					}
				})
			})
		}
	}
}
