// Command discomfy runs ComfyUI workflows for people: it queues what they ask
// for in NATS JetStream, submits it to ComfyUI, and shows live what becomes of
// it. Every subcommand has a file of its own; this is the only place where the
// packages are put together into processes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit code.
func run(args []string, stdout, stderr *os.File) int {
	ctx, stop := interruptible(stdout)
	defer stop()
	command, code, err := parse(args, stdout, stderr)
	if command == nil {
		return report(stderr, code, err)
	}
	err = command.run(ctx)
	return finish(ctx, stderr, term.IsTerminal(int(stderr.Fd())), err)
}

// finish says how it ended, on a line of its own where a terminal has shown ^C.
func finish(ctx context.Context, stderr io.Writer, terminal bool, err error) int {
	if terminal && errors.Is(context.Cause(ctx), errInterrupted) {
		fmt.Fprintln(stderr)
	}
	return report(stderr, exitCode(ctx, err), err)
}

// report writes an error in one line that says what to do about it.
func report(stderr io.Writer, code int, err error) int {
	if words := explain(err); words != "" {
		fmt.Fprintln(stderr, "discomfy: "+words)
	}
	return code
}
