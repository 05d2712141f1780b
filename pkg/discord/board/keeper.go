package board

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

const (
	// quiet is how long a card stays open that was opened by a tick and hears
	// no more of them: somebody else shows the job then, or nobody has to.
	quiet = 15 * time.Second
	// readAgain is the pause after the broker could not be read.
	readAgain = time.Second
	// whole is how long a card sleeps that has nothing to do; the beat wakes it.
	whole = time.Minute
)

// arrival is a state that was delivered to us, and comes again until it is
// acknowledged.
type arrival struct {
	State job.State
	Seq   uint64
	acknowledger
}

type acknowledger interface {
	Ack() error
	Hold() error
	Again(delay time.Duration) error
}

// keeper keeps one job's card true. Its goroutine, run, owns everything below the line; what
// others hand to it is guarded by mu.
type keeper struct {
	b   *Board
	id  job.ID
	log *slog.Logger

	mu       sync.Mutex
	facts    facts
	held     *arrival // the newest, not acknowledged yet
	news     news
	heard    time.Time // when something of the job came last
	ticks    int       // of progress that was news
	summoned bool      // its end is to be shown, whoever holds the delivery
	removed  bool      // the Board knows it no more
	wake     chan struct{}
	unended  context.Context // until the job has ended
	ending   context.CancelFunc

	// ---
	handle   reply.Handle
	request  *job.Request
	tempo    tempo
	lost     int // how many ticks were heard when somebody else had the claim; 0 where we did
	shown    fingerprint
	shownAs  place     // the place that it shows
	preview  preview   // the newest
	plain    bool      // no previews: Discord did not take one
	bade     bool      // farewell was said for this token
	outrun   time.Time // an edit may have come after somebody else's end
	traces   traces    // of edits that may still be on their way
	edited   time.Time // the card, as Discord said of our last edit
	rereadAt time.Time // the handle
	caughtUp time.Time // with the stored state
	stumbles int       // in a row, over the files of the end
	wanting  time.Time // since when those can not be had
}

// newKeeper is a card that lives as long as alive, at most.
func newKeeper(alive context.Context, b *Board, id job.ID) *keeper {
	k := &keeper{
		b: b, id: id, log: b.cfg.Log.With(slog.String(keyJob, id.String())),
		heard: time.Now(), wake: make(chan struct{}, 1),
	}
	k.unended, k.ending = context.WithCancel(alive)
	return k
}

// stir lets the card look what there is to do.
func (k *keeper) stir() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// receive takes a state. Of those that wait for acknowledgement only the newest
// is kept.
func (k *keeper) receive(d *arrival) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.removed {
		k.b.decline(d)
		return
	}
	k.heard = time.Now()
	if d.Seq < k.facts.seq {
		k.acknowledge(d)
		return
	}
	if k.held != nil && k.held.Seq < d.Seq {
		k.acknowledge(k.held)
	}
	k.held = d
	k.learn(d.State, d.Seq)
	k.stir()
}

// learn is called with mu held.
func (k *keeper) learn(s job.State, seq uint64) {
	before := k.facts.phase()
	if k.facts.learnState(s, seq) && k.facts.phase() != before {
		k.news = max(k.news, begun)
	}
	if k.facts.ended() {
		k.ending()
	}
}

// acknowledge is called with mu held.
func (k *keeper) acknowledge(d *arrival) {
	if err := d.Ack(); err != nil {
		k.log.Debug("an acknowledgement was lost, the state comes again", slog.Any(keyError, err))
	}
}

// tick takes progress.
func (k *keeper) tick(p job.Progress) {
	k.mu.Lock()
	defer k.mu.Unlock()
	before := k.facts.phase()
	if !k.facts.learnProgress(p) {
		return
	}
	k.heard = time.Now()
	k.ticks++
	k.news = max(k.news, ticked)
	if k.facts.phase() != before {
		k.news = max(k.news, begun)
	}
	k.stir()
}

// placed takes the job's place in the queue.
func (k *keeper) placed(p place) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.facts.waits() || k.facts.place == p {
		return
	}
	k.facts.place = p
	k.news = max(k.news, shifted)
	k.stir()
}

// summon shows the job's end although nobody delivers it; false where the card
// was closed.
func (k *keeper) summon() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.removed {
		return false
	}
	k.summoned = true
	k.stir()
	return true
}

// hold keeps what waits for acknowledgement with us.
func (k *keeper) hold() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held == nil {
		return
	}
	if err := k.held.Hold(); err != nil {
		k.log.Debug("a state could not be held, it may go elsewhere", slog.Any(keyError, err))
	}
}

// done acknowledges what is held, if nothing newer came.
func (k *keeper) done(seq uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held != nil && k.held.Seq <= seq {
		k.acknowledge(k.held)
		k.held = nil
	}
}

// look is a copy of what is known.
func (k *keeper) look() (facts, news) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.facts, k.news
}

// run shows the job until its end was shown, nobody needs the card any more, or
// alive ends. What was begun then still has work.
func (k *keeper) run(alive, work context.Context) {
	defer k.ending()
	for fails := 0; ; {
		past, err := k.guarded(alive, work)
		switch {
		case alive.Err() != nil:
			k.b.remove(k)
			return
		case err != nil:
			fails++
			k.log.WarnContext(alive, "a card can not go on, trying again", slog.Any(keyError, err))
			_ = sleep(alive, backOff(fails)) // the next turn sees its end
		case k.b.close(k, past):
			return
		default:
			fails = 0
		}
	}
}

// show returns true when nothing more will have to be shown of the job, and
// false when we need not show it any more.
func (k *keeper) show(alive, work context.Context) (bool, error) {
	ours, err := k.open(alive)
	if err != nil || !ours {
		return true, err
	}
	for alive.Err() == nil {
		f, _ := k.look()
		if f.ended() && k.owesEnd() {
			return true, k.settle(alive, work)
		}
		if k.deserted() {
			return false, nil
		}
		k.await(alive, k.live(alive, work))
	}
	return false, alive.Err()
}

// settle shows the end. Who asks for it from now on may have brought the token
// for it, and is asked for once more.
func (k *keeper) settle(alive, work context.Context) error {
	summoned, shown := k.heedSummons(), false
	defer func() {
		if summoned && !shown {
			k.summon()
		}
	}()
	seq, err := k.conclude(alive, work)
	if shown = err == nil; shown {
		k.done(seq)
	}
	return err
}

// heedSummons reports whether the end was asked for, which it is no more.
func (k *keeper) heedSummons() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	was := k.summoned
	k.summoned = false
	return was
}

// owesEnd reports that it is us who shows the end.
func (k *keeper) owesEnd() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.held != nil || k.summoned
}

// deserted reports that nothing keeps the card open.
func (k *keeper) deserted() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.held == nil && !k.summoned && k.outrun.IsZero() && time.Since(k.heard) > quiet
}

// open learns whose the job is. One without a handle is none of ours: it is
// acknowledged, and forgotten.
func (k *keeper) open(ctx context.Context) (ours bool, err error) {
	h, err := k.b.handles.Get(ctx, k.id)
	if errors.Is(err, broker.ErrNotFound) {
		f, _ := k.look()
		k.heedSummons()
		k.done(f.seq)
		return false, nil
	}
	if err != nil {
		return false, err
	}
	k.handle, k.rereadAt = h, time.Now()
	if err := k.catchUp(ctx); err != nil {
		return false, err
	}
	if k.request == nil {
		r, err := k.b.cfg.Broker.Pending(ctx, k.id)
		switch {
		case err == nil:
			k.request = &r
		case !errors.Is(err, broker.ErrNotFound):
			return false, err
		}
	}
	if age := k.b.cfg.Now().Sub(h.Asked); k.tempo.last.IsZero() && age < placeGap {
		k.tempo.last = time.Now().Add(-age) // the first answer was an edit of its kind
	}
	k.placed(k.b.queue.place(k.id))
	return true, nil
}

// catchUp reads what is true now. A delivery that is older is acknowledged:
// the newer one is on its way, here or elsewhere.
func (k *keeper) catchUp(ctx context.Context) error {
	s, err := k.b.cfg.Broker.LastStored(ctx, k.id)
	if err != nil && !errors.Is(err, broker.ErrNotFound) {
		return err
	}
	k.caughtUp = time.Now()
	if err != nil {
		return nil // the bridge has not seen it yet
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held != nil && k.held.Seq < s.Seq {
		k.acknowledge(k.held)
		k.held = nil
	}
	k.learn(s.State, s.Seq)
	return nil
}

// await sleeps until there may be something to do.
func (k *keeper) await(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-k.wake:
	}
}
