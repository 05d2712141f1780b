package broker_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

// Many healthy contenders with short terms: no two are active at once.
func TestTermsNeverOverlap(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	const enough = 20
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ids := []job.ID{job.NewID(), job.NewID(), job.NewID()}
	var active, terms atomic.Int32
	var group sync.WaitGroup
	for range 5 {
		contender := connect(t, s, brief)
		group.Go(func() {
			for ctx.Err() == nil {
				err := contender.Lead(ctx, queue, func(ctx context.Context, term *broker.Term) error {
					if n := active.Add(1); n > 1 {
						t.Errorf("%d terms at once", n)
					}
					defer active.Add(-1)
					if terms.Add(1) == enough {
						defer cancel()
					}
					for i := range 20 {
						_ = term.Write(ctx, job.State{Job: ids[i%len(ids)], Phase: job.Running, Attempt: i})
					}
					return nil
				})
				if err != nil {
					t.Errorf("Lead: %v", err)
				}
			}
		})
	}
	group.Wait()
	if terms.Load() < enough {
		t.Errorf("only %d terms", terms.Load())
	}
	for _, id := range ids {
		states, err := b.States(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(states); i++ {
			if states[i].Epoch < states[i-1].Epoch {
				t.Errorf("job %s: epoch %d after %d", id, states[i].Epoch, states[i-1].Epoch)
			}
		}
	}
}

// sleeper freezes a contender now and then, for longer than its lease, at the
// worst moments.
func sleeper(ctx context.Context) func(context.Context, string) {
	worst := map[string]bool{
		broker.AfterAcquire: true, broker.BeforeEpoch: true, broker.AfterEpoch: true,
		broker.BeforeRenew: true, broker.BeforeState: true, broker.BeforeRelease: true,
	}
	return func(_ context.Context, point string) {
		if !worst[point] || rand.N(50) != 0 {
			return
		}
		select {
		case <-time.After(1300 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// Contenders that freeze in the middle of everything: judged by the stream
// alone, a lease changes hands only when it is free or over, an epoch is
// written only by the holder of the lease that it names, and a state carries
// the epoch that is the newest at its place.
func TestLeaseAndEpochNeverSplit(t *testing.T) {
	t.Parallel()
	s, _ := setUp(t)
	_, js := raw(t, s)
	// It lasts until enough was seen, however slow this machine is.
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	judged := make(chan judge, 1)
	go func() { judged <- observe(ctx, t, js, cancel) }()
	var group sync.WaitGroup
	for range 4 {
		contender := connect(t, s, func(c *broker.Config) { c.Hook, c.Lease = sleeper(ctx), time.Second })
		group.Go(func() {
			for ctx.Err() == nil {
				err := contender.Lead(ctx, queue, func(ctx context.Context, term *broker.Term) error {
					for i := range 30 {
						_ = term.Write(ctx, job.State{Job: job.NewID(), Phase: job.Running, Attempt: i})
					}
					return nil
				})
				if err != nil {
					t.Errorf("Lead: %v", err)
				}
			}
		})
	}
	group.Wait()
	j := next(t, judged, "the verdict")
	t.Logf("%d leases of %d holders, %d epochs, %d states", j.leases, j.holders, j.epochs, j.states)
	if !j.proves() {
		t.Error("too little happened to be a proof")
	}
}

// judge reads the state stream in its order.
type judge struct {
	t                               *testing.T
	leases, holders, epochs, states int

	holder leaseFact
	last   uint64    // sequence of the newest message
	seq    uint64    // of the newest lease; 0 while it is not known
	stored time.Time // its time, by the server
	epoch  uint64    // sequence of the newest epoch; 0 while it is not known
}

type leaseFact struct {
	State string `json:"state"`
	Nonce string `json:"nonce"`
	Lease uint64 `json:"lease"`
}

// proves reports whether the lease has changed hands often enough.
func (j *judge) proves() bool { return j.holders >= 6 && j.epochs >= 5 && j.states >= 80 }

// observe reads until enough was seen, which it tells by calling enough, and
// then to the end.
func observe(ctx context.Context, t *testing.T, js jetstream.JetStream, enough func()) judge {
	j := judge{t: t}
	consumer, err := js.CreateConsumer(context.Background(), "DISCOMFY_STATE", jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy})
	if err != nil {
		t.Error(err)
		return j
	}
	for {
		batch, err := consumer.Fetch(100, jetstream.FetchMaxWait(500*time.Millisecond))
		if err != nil {
			t.Errorf("fetch: %v", err)
			return j
		}
		n := 0
		for msg := range batch.Messages() {
			n++
			j.see(msg)
		}
		if j.proves() {
			enough()
		}
		if n == 0 && ctx.Err() != nil {
			return j
		}
	}
}

func (j *judge) see(msg jetstream.Msg) {
	meta, err := msg.Metadata()
	if err != nil {
		j.t.Error(err)
		return
	}
	subject, err := broker.ParseSubject(msg.Subject())
	if err != nil {
		j.t.Error(err)
		return
	}
	if meta.Sequence.Stream != j.last+1 { // a lease expired before it was seen
		j.holder, j.seq, j.epoch = leaseFact{}, 0, 0
	}
	j.last = meta.Sequence.Stream
	var fact leaseFact
	switch subject.Kind {
	case broker.KindLease:
		if err := json.Unmarshal(msg.Data(), &fact); err != nil {
			j.t.Error(err)
		}
		j.lease(fact, meta)
	case broker.KindEpoch:
		if err := json.Unmarshal(msg.Data(), &fact); err != nil {
			j.t.Error(err)
		}
		j.epochs++
		if j.seq != 0 && (fact.Lease != j.seq || fact.Nonce != j.holder.Nonce) {
			j.t.Errorf("epoch %d names lease %d of %s, but %d of %s is the newest",
				meta.Sequence.Stream, fact.Lease, fact.Nonce, j.seq, j.holder.Nonce)
		}
		j.epoch = meta.Sequence.Stream
	case broker.KindState:
		state, err := job.ParseState(msg.Data())
		if err != nil || j.epoch != 0 && state.Epoch != j.epoch {
			j.t.Errorf("a state of epoch %d behind epoch %d: %v", state.Epoch, j.epoch, err)
		}
		j.states++
	}
}

func (j *judge) lease(fact leaseFact, meta *jetstream.MsgMetadata) {
	j.leases++
	if fact.Nonce != j.holder.Nonce {
		j.holders++
		if j.holder.State == "held" && meta.Timestamp.Before(j.stored.Add(time.Second)) {
			j.t.Errorf("lease %d was taken %v after its holder had renewed it", meta.Sequence.Stream, meta.Timestamp.Sub(j.stored))
		}
	}
	j.holder, j.seq, j.stored = fact, meta.Sequence.Stream, meta.Timestamp
}
