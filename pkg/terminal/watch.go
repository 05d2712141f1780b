package terminal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

// ErrClosed is returned when the broker stopped telling before every job had
// ended.
var ErrClosed = errors.New("the connection to NATS was closed")

// savers bounds how many jobs' files are fetched at once.
const savers = 3

// view shows what happens.
type view interface {
	// show takes changes as they come.
	show(events []Event) error
	// tick is called ten times a second.
	tick(now time.Time) error
	// close leaves the output as a person expects it.
	close() error
}

// watcher is the state of one Watch. Its one goroutine owns the board and the
// view; savers and the probe report to it.
type watcher struct {
	config Config
	from   Source
	board  *board
	view   view

	beside sync.WaitGroup // savers and the probe
	slots  chan struct{}  // bounds the savers
	saved  chan fetched
	probed chan error
	heard  time.Time // last word from the bridge
	asked  bool      // a probe is under way
}

// fetched is what became of one job's result files.
type fetched struct {
	id    job.ID
	files []Saved
	err   error
}

// Watch shows the jobs until each has ended and its files are saved. It
// returns their terminal states in the order of the requests; the error tells
// why some are missing: the context's cause, ErrClosed, or the first file that
// could not be saved.
func Watch(ctx context.Context, c Config, from Source, reqs ...job.Request) ([]job.State, error) {
	c = c.withDefaults()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ids := make([]job.ID, len(reqs))
	for i, r := range reqs {
		ids[i] = r.ID
	}
	updates, err := from.Follow(ctx, c.Queue, ids...)
	if err != nil {
		return nil, fmt.Errorf("follow jobs: %w", err)
	}
	w := &watcher{
		config: c, from: from, board: newBoard(reqs),
		saved: make(chan fetched, len(reqs)), probed: make(chan error, 1),
		slots: make(chan struct{}, savers),
	}
	w.view = newView(c, w.board)
	err = w.run(ctx, updates)
	cancel()
	w.beside.Wait()
	return w.board.states(), errors.Join(err, w.view.close())
}

func (w *watcher) run(ctx context.Context, updates <-chan broker.Update) error {
	tick := time.NewTicker(frameEvery)
	defer tick.Stop()
	if err := w.show(w.board.submitted(time.Now())); err != nil {
		return err
	}
	for !w.board.finished() {
		var err error
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case u, ok := <-updates:
			if !ok {
				return closed(ctx)
			}
			err = w.apply(ctx, u)
		case f := <-w.saved:
			err = w.show(w.board.saved(f.id, f.files, f.err, time.Now()))
		case answer := <-w.probed:
			w.asked, w.heard = false, time.Now()
			err = w.show(w.board.answered(answer, time.Now()))
		case now := <-tick.C:
			w.probe(ctx, now)
			err = w.view.tick(now)
		}
		if err != nil {
			return err
		}
	}
	return w.board.err()
}

func (w *watcher) show(events []Event) error {
	if len(events) == 0 {
		return nil
	}
	return w.view.show(events)
}

// apply takes one piece of news.
func (w *watcher) apply(ctx context.Context, u broker.Update) error {
	now := time.Now()
	var events []Event
	switch {
	case u.State != nil:
		events = w.board.state(*u.State, now)
		if len(events) > 0 && u.State.Phase.Ended() {
			w.save(ctx, *u.State)
		}
	case u.Progress != nil:
		w.heard = now
		events = w.board.progress(*u.Progress, now)
	case u.Snapshot != nil:
		events = w.board.snapshot(*u.Snapshot, now)
	}
	return w.show(events)
}

// save fetches the files of an ended job beside the watching.
func (w *watcher) save(ctx context.Context, s job.State) {
	w.beside.Go(func() {
		w.slots <- struct{}{}
		defer func() { <-w.slots }()
		files, err := SaveAll(ctx, w.from, w.config.Dir, s)
		w.saved <- fetched{s.Job, files, err}
	})
}

// probe asks whether anybody serves the queue when the bridge has been silent
// for a while: silence is normal while a queue rests, and so is not enough.
func (w *watcher) probe(ctx context.Context, now time.Time) {
	if w.asked || now.Sub(w.heard) < probeAfter {
		return
	}
	w.asked = true
	w.beside.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, probeBound)
		defer cancel()
		_, err := w.from.Status(ctx, w.config.Queue)
		w.probed <- err
	})
}

func closed(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return ErrClosed
}
