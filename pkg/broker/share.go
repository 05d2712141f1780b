package broker

import (
	"context"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

const (
	// levels is how many preferences the server knows.
	levels = 10
	// shareLook is of how many ticks in a row it is counted how many others had
	// between them; shareMost is how many gaps come by chance, where who is
	// preferred has no room for a moment.
	shareLook = 10
	shareMost = 5
)

// errRedraw ends the consumption of a partition that is preferred differently
// from now on.
var errRedraw = errors.New("another preference is drawn")

// share is our part in showing one partition. Replicas do not know of each
// other, so that two may prefer it equally. The server gives them its ticks by
// turns then, and both would show all of its jobs: who hears only a part of the
// ticks draws another preference.
type share struct {
	redraw func()
	last   uint64 // tick, counted by the consumer
	heard  int
	gaps   int
}

// hear is told of each tick which of all it is.
func (s *share) hear(n uint64) {
	if s.last != 0 && n > s.last+1 {
		s.gaps++
	}
	s.last = n
	if s.heard++; s.heard < shareLook {
		return
	}
	if s.gaps > shareMost {
		s.redraw()
	}
	s.heard, s.gaps = 0, 0
}

// partition pulls from both consumers of a partition until ctx ends.
func (r *renderer) partition(ctx context.Context, p int) error {
	level := r.b.preference(p)
	for start := true; ; start = false {
		err := r.prefer(ctx, p, level, start)
		if err != nil || ctx.Err() != nil {
			return err
		}
		level = rand.IntN(levels)
	}
}

// prefer does so with a preference, until another one is to be drawn. Only at the
// start has to be there what is pulled from.
func (r *renderer) prefer(ctx context.Context, p, level int, start bool) error {
	state := func(msg jetstream.Msg) { r.state(ctx, msg) }
	round, end := context.WithCancelCause(ctx)
	defer end(nil)
	share := share{redraw: func() { end(errRedraw) }}
	tick := func(msg jetstream.Msg) { r.progress(msg, &share) }
	options := []jetstream.PullConsumeOpt{jetstream.PullPrioritized(level), jetstream.PullExpiry(renderExpiry), jetstream.PullHeartbeat(renderBeat)}
	states := slices.Concat(options, []jetstream.PullConsumeOpt{jetstream.PullPriorityGroup(renderGroup), jetstream.PullMaxMessages(renderAhead)})
	ticks := slices.Concat(options, []jetstream.PullConsumeOpt{jetstream.PullPriorityGroup(cardGroup), jetstream.PullMaxMessages(cardAhead)})
	group, round := errgroup.WithContext(round)
	group.Go(func() error { return r.run(round, pull{stateStream, renderConsumer(p), states, state, start}) })
	group.Go(func() error { return r.run(round, pull{progressStream, cardConsumer(p), ticks, tick, start}) })
	return group.Wait()
}

// preference is how little we prefer a partition at first: drawn from our
// connection's name and the partition, so that replicas share the partitions
// evenly.
func (b *Broker) preference(p int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(b.replica + "/" + strconv.Itoa(p)))
	return int(h.Sum32() % levels)
}
