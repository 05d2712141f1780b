package broker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"discomfy/pkg/job"
)

const (
	// renderAhead is how many messages a replica may hold that it has not
	// looked at: a frozen one keeps them from the others for renderWait.
	renderAhead = 10
	// cardAhead is larger: progress is acknowledged by nobody, so that nothing
	// is kept from others, and what a burst does not find room for here would
	// go to another replica.
	cardAhead = 200
	// renderExpiry is how long one pull lasts; Consume overlaps them.
	renderExpiry = 10 * time.Second
	// renderBeat is how soon a pull that the server forgot is noticed.
	renderBeat = 2 * time.Second
)

// RenderConfig is who shows jobs.
type RenderConfig struct {
	// State is called for each state of a job that this replica shall show, in
	// order within a partition. It must not block: what takes time is done
	// beside it, and acknowledged then.
	State func(ctx context.Context, d *StateDelivery)
	// Progress is called with the progress of the jobs that this replica shows
	// now. It must not block.
	Progress func(p job.Progress)
}

// StateDelivery is a state on its way to people. It comes again, here or to
// another replica, until it is acknowledged.
type StateDelivery struct {
	State       job.State
	Seq         uint64    // its place among everything that the stream took: newer states have higher ones
	Stored      time.Time // by the server's clock
	Redelivered bool
	msg         jetstream.Msg
}

// Ack says that the state was shown, or needs not be.
func (d *StateDelivery) Ack() error { return d.msg.Ack() }

// Hold asks for another 30 seconds before the state goes elsewhere.
func (d *StateDelivery) Hold() error { return d.msg.InProgress() }

// Again gives the state back, to be delivered again after a delay.
func (d *StateDelivery) Again(delay time.Duration) error { return d.msg.NakWithDelay(delay) }

// Render takes part in showing jobs: each partition's states and progress go
// to one replica at a time, and to another one at once when that dies. Render
// returns nil when ctx has ended and no callback runs any more, and
// ErrNotSetUp where the consumers are absent at the start.
func (b *Broker) Render(ctx context.Context, c RenderConfig) error {
	group, ctx := errgroup.WithContext(ctx)
	r := renderer{b: b, config: c, complain: &rate.Sometimes{First: 1, Interval: 10 * time.Second}}
	for p := range job.Partitions {
		group.Go(func() error { return r.partition(ctx, p) })
	}
	return group.Wait()
}

// renderer pulls from the two consumers of a partition.
type renderer struct {
	b        *Broker
	config   RenderConfig
	complain *rate.Sometimes
}

// pull is one consumer and what becomes of its messages.
type pull struct {
	stream, durable string
	options         []jetstream.PullConsumeOpt
	take            func(jetstream.Msg)
	start           bool // an absent consumer is an error at first
}

// run pulls from a consumer until ctx ends.
func (r *renderer) run(ctx context.Context, p pull) error {
	for first := p.start; ctx.Err() == nil; first = false {
		err := r.consume(ctx, p)
		switch {
		case err == nil || ctx.Err() != nil:
		case first && errors.Is(err, ErrNotSetUp):
			return fmt.Errorf("consumer %s: %w", p.durable, err)
		default:
			r.complain.Do(func() {
				r.b.cfg.Log.WarnContext(ctx, "can not read what to show, trying again", "consumer", p.durable, keyError, err)
			})
			pause(ctx, pullPause)
		}
	}
	return nil
}

// consume pulls until ctx ends or the consumption broke.
func (r *renderer) consume(ctx context.Context, p pull) error {
	consumer, err := r.b.js.Consumer(ctx, p.stream, p.durable)
	if err != nil {
		return notFound(err)
	}
	broke := make(chan error, 1)
	var calls sync.WaitGroup
	consuming, err := consumer.Consume(func(msg jetstream.Msg) {
		calls.Add(1)
		defer calls.Done()
		p.take(msg)
	}, append(p.options, jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
		if errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, jetstream.ErrConsumerNotFound) {
			select {
			case broke <- err:
			default:
			}
		}
	}))...)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case err = <-broke:
	case <-consuming.Closed():
		err = errors.New("the consumption ended by itself")
	}
	if errors.Is(context.Cause(ctx), errRedraw) {
		consuming.Drain() // a state that is here already would be on its way to nobody for renderWait
	} else {
		consuming.Stop()
	}
	<-consuming.Closed()
	calls.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// state parses a stored state. One that can not be read is none of ours, or
// of a newer version: it is not for us to show.
func (r *renderer) state(ctx context.Context, msg jetstream.Msg) {
	meta, err := msg.Metadata()
	if err == nil {
		var s job.State
		if s, err = parseState(msg.Subject(), msg.Data()); err == nil {
			r.config.State(ctx, &StateDelivery{
				State: s, Seq: meta.Sequence.Stream, Stored: meta.Timestamp, Redelivered: meta.NumDelivered > 1, msg: msg,
			})
			return
		}
	}
	r.b.count.dropped.Add(1)
	_ = msg.Term() // where that is lost it comes again
}

func (r *renderer) progress(msg jetstream.Msg, of *share) {
	if meta, err := msg.Metadata(); err == nil {
		of.hear(meta.Sequence.Consumer)
	}
	p, err := parseProgress(msg.Subject(), msg.Data())
	if err != nil {
		r.b.count.dropped.Add(1)
		return
	}
	r.config.Progress(p)
}

// Preview is the last stored preview of a job, ErrNotFound where there is
// none.
func (b *Broker) Preview(ctx context.Context, id job.ID) (job.Preview, error) {
	ctx, cancel := b.request(ctx, readWithin)
	defer cancel()
	p, err := b.preview(ctx, id)
	if err != nil {
		return job.Preview{}, fmt.Errorf("read the preview of job %s: %w", id, err)
	}
	return p, nil
}
