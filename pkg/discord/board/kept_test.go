package board

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

func (m *shown) posted() api.Posted {
	p := api.Posted{ID: m.id, Channel: m.channel, Edited: m.edited}
	for range m.files {
		p.Attachments = append(p.Attachments, &discordgo.MessageAttachment{Filename: "a.png"})
	}
	return p
}

// waning is a store that gives files once, or always, in messages of ten.
type waning struct{ given, lasts bool }

func (p *waning) Prepare(_ context.Context, o delivery.Order, _ delivery.Place) (*delivery.Plan, error) {
	if p.given && o.Insist {
		return nil, errWanting
	}
	plan := &delivery.Plan{}
	if p.given {
		plan.Notes, plan.Lacking = []string{"All pictures are not attached: try /show later"}, true
		return plan, nil
	}
	p.given = !p.lasts
	for i := range o.Results {
		if i%10 == 0 {
			plan.Batches = append(plan.Batches, delivery.Batch{})
		}
		b := &plan.Batches[len(plan.Batches)-1]
		b.Files = append(b.Files, delivery.File{Name: "a.png"})
	}
	return plan, nil
}

// lapsing is a broker that can not be read once, after an end was sent.
type lapsing struct {
	*inside

	lapsed bool
}

func (b *lapsing) Claimed(ctx context.Context, key string) (bool, error) {
	if strings.HasPrefix(key, "t-") && !b.lapsed {
		b.lapsed = true
		return false, errWanting
	}
	return b.inside.Claimed(ctx, key)
}

func (w *world) joinWith(b Broker, r *replica, p Preparer) {
	r.board = New(Config{
		Discord: &outside{w, r}, Broker: b, Preparer: p, TellAfter: time.Minute,
		Offers: func() workflow.Catalog { return workflow.Catalog{} },
	})
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	go func() { defer close(r.done); _ = r.board.Run(ctx) }()
	w.replicas = append(w.replicas, r)
}

// Files that people have in the card stay there when the broker fails before it
// is known that the end was shown, and gives them no more. Where another edit has
// taken them away the card says where they are.
func TestFilesThatPeopleHaveStay(t *testing.T) {
	t.Parallel()
	for name, left := range map[string]int{"there": 1, "overtaken": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { keep(t, left) })
		})
	}
}

func keep(t *testing.T, left int) {
	w := newWorld(1)
	w.faults = false
	r := &replica{w: w, done: make(chan struct{})}
	w.joinWith(&lapsing{inside: &inside{world: w, r: r}}, r, &waning{})
	synctest.Wait()
	id := w.ask(1, "a")
	w.write(job.State{Job: id, Phase: job.Done, Attempt: 1, Results: []job.Result{{Name: "x"}}, Request: &job.Request{ID: id}})
	time.Sleep(time.Minute)
	w.mu.Lock()
	card := w.messages["1"]
	had := card.files
	card.files = left
	w.mu.Unlock()
	time.Sleep(insists + (stumblesBare+2)*longestPause)
	r.stop()
	<-r.done
	h := w.handleOf(id)
	if h.Ending.Done.IsZero() || had != 1 || card.files != left || strings.Contains(card.text, "/show") != (left == 0) {
		t.Errorf("done %v, %d files, then %d, the card: %s", h.Ending.Done, had, card.files, card.text)
	}
	if len(h.Ending.Sent) > 0 {
		t.Errorf("there is more: %+v", h.Ending.Sent)
	}
}

// Who has got some of the files is told of the others, when the replica that
// was about to send them dies and the next one can not have them.
func TestFilesThatDoNotFollowAreNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		w.faults = false
		p := &waning{}
		w.preparer = p
		ctx, cancel := context.WithCancel(context.Background())
		go w.deliver(ctx)
		one := w.join()
		synctest.Wait()
		id := w.ask(1, "a")
		h := w.handleOf(id)
		h.Asked, h.BotPosts = time.Now().Add(-2*time.Minute), true
		w.replies[id], _ = json.Marshal(h)
		w.write(job.State{Job: id, Phase: job.Done, Attempt: 1, Results: make([]job.Result, 12), Request: &job.Request{ID: id}})
		for len(w.handleOf(id).Ending.Sent) == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		w.kill(one)
		two := w.join()
		time.Sleep(insists + (stumblesBare+4)*longestPause)
		cancel()
		two.stop()
		<-one.done
		<-two.done
		h = w.handleOf(id)
		said := ""
		for _, m := range w.messages {
			said += m.text
		}
		main, _ := h.Ending.Main()
		if h.Ending.Done.IsZero() || w.messages[main.Message].files != 10 || !strings.Contains(said, "/show") {
			t.Errorf("done %v, %+v, the messages: %s", h.Ending.Done, h.Ending.Sent, said)
		}
		if card := w.messages[h.Card]; !strings.Contains(card.text, reply.Handle{Guild: "9"}.URL("a", main.Message)) {
			t.Errorf("the card leads nowhere: %s", card.text)
		}
	})
}

// strict is a Discord that takes no message with a single file.
type strict struct{ *outside }

func (d strict) Post(ctx context.Context, channel string, m api.Message) (api.Posted, error) {
	if len(m.Files) == 1 {
		return api.Posted{}, &api.Error{Kind: api.TooLarge}
	}
	return d.outside.Post(ctx, channel, m)
}

// A further file that Discord does not take in any form is named, though the
// message that says what became of the files was sent before.
func TestAFurtherFileThatNobodyTakesIsNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		w.faults = false
		files := &moody{gives: true}
		p, err := delivery.New(delivery.Config{Store: files, Temp: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = p.Close() }()
		r := &replica{w: w, done: make(chan struct{})}
		w.joinWith(&inside{world: w, r: r}, r, p)
		r.board.line.Discord = strict{&outside{w, r}}
		synctest.Wait()
		id := w.ask(1, "a")
		h := w.handleOf(id)
		h.Asked, h.BotPosts = time.Now().Add(-2*time.Minute), true
		w.replies[id], _ = json.Marshal(h)
		results := make([]job.Result, 11)
		for i := range results {
			results[i] = job.Result{Name: "x", File: "x.bin", Size: 1 << 20}
		}
		w.write(job.State{Job: id, Phase: job.Done, Attempt: 1, Results: results, Request: &job.Request{ID: id}})
		time.Sleep(insists)
		r.stop()
		<-r.done
		h = w.handleOf(id)
		said := ""
		for _, m := range w.messages {
			said += m.text
		}
		if h.Ending.Done.IsZero() || !strings.Contains(said, "/show") {
			t.Errorf("done %v, %+v, the messages: %s", h.Ending.Done, h.Ending.Sent, said)
		}
	})
}
