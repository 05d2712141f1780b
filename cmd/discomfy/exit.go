package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/terminal"
)

// The exit codes; `discomfy --help` documents them.
const (
	exitOK          = 0
	exitFailed      = 1   // a job failed or was rejected, or the command did
	exitUsage       = 2   // the command line or the request makes no sense
	exitUnreachable = 3   // NATS can not be reached, or the bridge is offline
	exitCancelled   = 4   // the job was cancelled
	exitInterrupted = 130 // a signal ended the watching; the job goes on
)

const exitHelp = `Exit codes:
  0    done
  1    a job failed or was rejected, or the command itself failed
  2    the command line or the request makes no sense
  3    NATS cannot be reached, is not set up, or nobody serves the queue
  4    the job was cancelled
  130  a signal ended the watching; the job goes on`

// usageError is a command line that makes no sense.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// unreachableError is a NATS server that does not answer at an address.
type unreachableError struct {
	error
	url string
}

func (e unreachableError) Unwrap() error { return e.error }

// endedError tells that not every job is done; all was said when it ended.
type endedError struct{ code int }

func (endedError) Error() string { return "" }

// ended is the error for jobs that have ended so; nil when all are done.
func ended(states []job.State) error {
	code := exitOK
	for _, s := range states {
		switch {
		case s.Phase == job.Failed, s.Phase == job.Rejected:
			return endedError{exitFailed}
		case s.Phase == job.Cancelled:
			code = exitCancelled
		}
	}
	if code == exitOK {
		return nil
	}
	return endedError{code}
}

// exitCode is what the process returns for an error.
func exitCode(ctx context.Context, err error) int {
	if err == nil {
		return exitOK
	}
	if e, ok := errors.AsType[endedError](err); ok {
		return e.code
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[unreachableError](err); ok || errors.Is(err, broker.ErrNotSetUp) {
		return exitUnreachable
	}
	if errors.Is(err, errInterrupted) || errors.Is(context.Cause(ctx), errInterrupted) {
		return exitInterrupted
	}
	switch job.CodeOf(err) {
	case job.CodeInvalid, job.CodeUnknown:
		return exitUsage
	case job.CodeBridgeOffline:
		return exitUnreachable
	case job.CodeCancelled:
		return exitCancelled
	}
	return exitFailed
}

// explain puts an error into one line with what to do about it; "" when
// everything was said already.
func explain(err error) string {
	if err == nil {
		return ""
	}
	words := terminal.Clean(strings.ReplaceAll(err.Error(), "\n", "; "))
	if e, ok := errors.AsType[*job.Error](err); ok {
		words = terminal.Clean(e.Error())
	}
	if e, ok := errors.AsType[unreachableError](err); ok {
		return fmt.Sprintf("cannot reach NATS at %s (%s): start it with `discomfy up`, or say where it is with --nats URL", e.url, words)
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return words + " (see --help)"
	}
	switch job.CodeOf(err) {
	case job.CodeUnknown:
		return words + ": `discomfy workflows list` names them all"
	case job.CodeBridgeOffline:
		return words + ": start `discomfy up`, or `discomfy bridge` beside your NATS server"
	}
	return words
}
