package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// errFault is returned when the code that reads a file has panicked.
var errFault = errors.New("the file can not be read here")

// guarded runs what reads foreign bytes. Its panics are faults that a file has
// found, in a decoder of ours or of a library: they are logged, counted and end
// the work on that file, never the process.
func (p *Preparer) guarded(ctx context.Context, what string, f func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			p.faults.Add(1)
			err = fmt.Errorf("%w: %v", errFault, fault)
			p.cfg.Log.ErrorContext(ctx, "reading a file has panicked", slog.String("file", what),
				slog.Any("error", err), slog.String("stack", string(debug.Stack())))
		}
	}()
	return f()
}

// Faults is how many files have made the code that reads them panic.
func (p *Preparer) Faults() uint64 { return p.faults.Load() }
