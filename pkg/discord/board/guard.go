package board

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

const (
	// stumblesBare is after how many failures over its files an end is shown
	// without them.
	stumblesBare = 3
	// insists is how long an end waits for files that can not be had: the folder
	// for large ones is full or not writable, the broker does not give them. It is
	// longer than a server takes to start again, or a few deliveries to give back
	// their room, and shorter than a person takes to give up. Afterwards the end is
	// shown with those that can be had, and says where the others are.
	insists = 3 * time.Minute
	// stumblesMost is after how many the end is given up: the record has it.
	stumblesMost = 6
)

// errPanic is returned where the code that shows a job has panicked.
var errPanic = errors.New("panic")

// guarded is show, but for its panics: a file that one decoder can not bear
// would end one replica after the other, since its job goes from each to the
// next. Such a job is shown with fewer and fewer of its pictures.
func (k *keeper) guarded(alive, work context.Context) (past bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			k.b.count.panics.Add(1)
			err = fmt.Errorf("%w: %v", errPanic, r)
			k.log.ErrorContext(work, "showing a job has panicked", slog.Any(keyError, err), slog.String("stack", string(debug.Stack())))
			past = k.stumbled()
		}
	}()
	past, err = k.show(alive, work)
	switch {
	case errors.Is(err, errUnmade) && k.insists():
		if k.wanting.IsZero() {
			k.wanting = k.b.cfg.Now()
		}
	case errors.Is(err, errPlan):
		past = k.stumbled()
	case err == nil:
		k.stumbles, k.wanting = 0, time.Time{}
	}
	return past, err
}

// insists reports whether the end is not shown without all of its files yet.
func (k *keeper) insists() bool {
	return k.wanting.IsZero() || k.b.cfg.Now().Sub(k.wanting) < insists
}

// stumbled counts, and gives up in the end; true then.
func (k *keeper) stumbled() bool {
	k.stumbles++
	k.plain = true
	if k.stumbles < stumblesMost {
		return false
	}
	k.b.count.dropped.Add(1)
	f, _ := k.look()
	k.heedSummons()
	k.done(f.seq)
	return true
}

// speechless reports that the end is shown by a line of text: its card can not
// be made.
func (k *keeper) speechless() bool { return k.stumbles > stumblesBare }

// bare reports that the end is shown without files.
func (k *keeper) bare() bool { return k.stumbles >= stumblesBare }
