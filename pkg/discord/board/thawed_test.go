package board

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/job"
)

// ice is what a replica is frozen in for a while.
type ice struct{ until atomic.Pointer[time.Time] }

func (i *ice) thaw() {
	if until := i.until.Load(); until != nil {
		time.Sleep(time.Until(*until))
	}
}

// icy is the broker of such a replica.
type icy struct {
	*inside
	*ice
}

func (b icy) PutReply(ctx context.Context, id job.ID, data []byte, was broker.Revision) (broker.Revision, error) {
	b.thaw()
	return b.inside.PutReply(ctx, id, data, was)
}

func (b icy) Reply(ctx context.Context, id job.ID) ([]byte, broker.Revision, error) {
	b.thaw()
	return b.inside.Reply(ctx, id)
}

// answers is a Discord that takes further answers, slowly, and whose answer to
// an edit comes after a while.
type answers struct {
	*outside
	*ice

	freeze, edit time.Duration
	sent         int
}

func (d *answers) EditOriginal(ctx context.Context, t api.Token, m api.Message) (api.Posted, error) {
	p, err := d.outside.EditOriginal(ctx, t, m)
	d.until.Store(new(time.Now().Add(d.freeze)))
	d.freeze = 0
	time.Sleep(d.edit)
	return p, err
}

func (d *answers) Followup(_ context.Context, _ api.Token, m api.Message) (api.Posted, error) {
	time.Sleep(8 * time.Second)
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	d.sent++
	id := strconv.Itoa(2000 + len(d.w.messages))
	d.w.messages[id] = &shown{id: id, channel: "a"}
	d.set(d.w.messages[id], m)
	return d.w.messages[id].posted(), nil
}

// A replica that was frozen while it showed an end, and whose work another one
// has taken over, sends no more of it when it thaws.
func TestAThawedReplicaSendsNoMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		w.faults = false
		join := func(freeze, edit time.Duration) (*replica, *answers) {
			r := &replica{w: w, done: make(chan struct{})}
			d := &answers{outside: &outside{w, r}, ice: &ice{}, freeze: freeze, edit: edit}
			w.joinWith(icy{&inside{world: w, r: r}, d.ice}, r, &waning{lasts: true})
			r.board.line.Discord = d
			return r, d
		}
		one, frozen := join(33*time.Second, 34*time.Second)
		two, other := join(0, 15*time.Second)
		w.replicas = w.replicas[:1]
		synctest.Wait()
		id := w.ask(1, "a")
		h := w.handleOf(id)
		h.Private, h.Ephemeral, h.BotPosts = true, true, false
		w.replies[id], _ = json.Marshal(h)
		w.write(job.State{Job: id, Phase: job.Done, Attempt: 1, Results: make([]job.Result, 12), Request: &job.Request{ID: id}})
		time.Sleep(25 * time.Second)
		two.board.Show(id)
		time.Sleep(5 * time.Minute)
		one.stop()
		two.stop()
		<-one.done
		<-two.done
		h = w.handleOf(id)
		if h.Ending.Done.IsZero() || len(h.Ending.Sent) != 1 || frozen.sent != 0 || other.sent != 1 {
			t.Errorf("done %v, sent %+v, %d answers by the frozen one, %d by the other", h.Ending.Done, h.Ending.Sent, frozen.sent, other.sent)
		}
		if text := w.messages[h.Card].text; strings.Contains(text, "/show") {
			t.Errorf("the card: %s", text)
		}
	})
}
