package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"
)

// errInterrupted is the cause with which the context ends on a signal.
var errInterrupted = errors.New("interrupted")

// interruptible is a context that ends with the first SIGINT or SIGTERM, so
// that everything can stop in order. The second signal ends the process at
// once. Stop gives the signals back.
func interruptible(stdout *os.File) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		select {
		case <-signals:
			cancel(errInterrupted)
		case <-done:
			return
		}
		select {
		case <-signals:
			if term.IsTerminal(int(stdout.Fd())) {
				fmt.Fprint(stdout, ansi.ShowCursor)
			}
			os.Exit(exitInterrupted)
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}
