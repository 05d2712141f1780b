package broker

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"discomfy/pkg/job"
)

const (
	// followBuffer is how many plain messages wait for a follower; it takes
	// them at once, so that only a stalled process loses any.
	followBuffer = 4096
	// readWithin bounds one read of the stream.
	readWithin = 2 * time.Second
	// recheck is how often an open job's states are read without an alarm: in
	// a cluster a subscription can begin to work later than it was made.
	recheck = 5 * time.Second
)

// Update is something new about a job or a queue. Exactly one field is set.
type Update struct {
	State    *job.State
	Progress *job.Progress
	Preview  *job.Preview
	Snapshot *job.Snapshot
}

// Follow reports what happens to the jobs and to the order of their queue,
// beginning with what is stored. Every state that is written from then on
// comes, in order; of progress, previews and snapshots a slow receiver gets
// the newest only. Those of an older epoch and those after a job's end are
// left out. It goes on through losses of the connection. The channel is closed
// after ctx has ended.
func (b *Broker) Follow(ctx context.Context, q job.Queue, ids ...job.ID) (<-chan Update, error) {
	f := newFollower(b, q, ids)
	if err := f.subscribe(ctx); err != nil {
		f.unsubscribe()
		return nil, fmt.Errorf("follow queue %s: %w", q, err)
	}
	go f.run(ctx)
	return f.out, nil
}

// follower is one Follow. Its goroutine owns everything in it.
type follower struct {
	b     *Broker
	queue job.Queue
	jobs  map[job.ID]*followed
	order []*followed
	subs  []*nats.Subscription
	in    chan *nats.Msg
	out   chan Update
	box   mailbox
}

func newFollower(b *Broker, q job.Queue, ids []job.ID) *follower {
	f := &follower{
		b: b, queue: q, jobs: make(map[job.ID]*followed, len(ids)),
		in: make(chan *nats.Msg, followBuffer), out: make(chan Update), box: newMailbox(),
	}
	for _, id := range ids {
		if _, ok := f.jobs[id]; !ok {
			f.jobs[id] = &followed{id: id}
			f.order = append(f.order, f.jobs[id])
		}
	}
	return f
}

// subscribe listens to everything before anything is read, so that nothing is
// missed in between.
func (f *follower) subscribe(ctx context.Context) error {
	subjects := []string{perQueue(KindQueue, f.queue)}
	for _, j := range f.order {
		subjects = append(subjects, perJob(KindState, j.id), perJob(KindProgress, j.id), perJob(KindPreview, j.id))
	}
	for _, subject := range subjects {
		sub, err := f.b.nc.ChanSubscribe(subject, f.in)
		if err != nil {
			return err
		}
		f.subs = append(f.subs, sub)
	}
	if !f.b.nc.IsConnected() {
		return nil // the subscriptions are made with the connection
	}
	return f.b.flush(ctx)
}

func (f *follower) unsubscribe() {
	for _, sub := range f.subs {
		_ = sub.Unsubscribe() // fails only when the connection is closed
	}
}

func (f *follower) run(ctx context.Context) {
	defer close(f.out)
	defer f.unsubscribe()
	generation := f.b.link.generation()
	f.seed(ctx)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		f.refresh(ctx)
		timer.Reset(f.nextDue())
		next, waiting := f.box.next()
		var out chan Update
		if waiting {
			out = f.out
		}
		select {
		case <-ctx.Done():
			return
		case out <- next:
			f.box.drop()
		case msg := <-f.in:
			f.accept(msg)
		case <-generation.Done():
			generation = f.b.link.generation()
			f.seed(ctx)
		case <-timer.C:
		}
	}
}

// seed reads what is stored: at the start, and after a reconnect, since what
// was published meanwhile went past us.
func (f *follower) seed(ctx context.Context) {
	ctx, cancel := f.b.request(ctx, readWithin)
	defer cancel()
	now := time.Now()
	for _, j := range f.order {
		j.wake(now)
	}
	f.refresh(ctx)
	if s, err := f.b.Snapshot(ctx, f.queue); err == nil {
		f.box.snapshot(s)
	}
	for _, j := range f.order {
		if j.ended {
			continue
		}
		if p, err := f.b.Progress(ctx, j.id); err == nil {
			f.progress(p)
		}
		if p, err := f.b.preview(ctx, j.id); err == nil {
			f.preview(p)
		}
	}
}

// accept sorts a plain message. That of a state is only the alarm clock: the
// stream may have refused it.
func (f *follower) accept(msg *nats.Msg) {
	s, err := ParseSubject(msg.Subject)
	if err != nil {
		return
	}
	switch s.Kind {
	case KindState:
		if j := f.jobs[s.Job]; j != nil {
			j.wake(time.Now())
		}
	case KindProgress:
		p, perr := parseProgress(msg.Subject, msg.Data)
		if err = perr; err == nil {
			f.progress(p)
		}
	case KindPreview:
		p, perr := parsePreview(msg.Subject, msg.Header, msg.Data)
		if err = perr; err == nil {
			f.preview(p)
		}
	case KindQueue:
		p, perr := parseSnapshot(msg.Subject, msg.Data)
		if err = perr; err == nil {
			f.box.snapshot(p)
		}
	}
	if err != nil {
		f.b.count.dropped.Add(1)
	}
}

func (f *follower) progress(p job.Progress) {
	if j := f.jobs[p.Job]; j != nil && j.live(p.Epoch) && j.newer(p) {
		j.lastEpoch, j.lastAt = p.Epoch, p.At
		f.box.put(boxKey{KindProgress, p.Job}, Update{Progress: &p})
	}
}

func (f *follower) preview(p job.Preview) {
	if j := f.jobs[p.Job]; j != nil && j.live(p.Epoch) {
		f.box.put(boxKey{KindPreview, p.Job}, Update{Preview: &p})
	}
}
