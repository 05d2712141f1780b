package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"discomfy/pkg/broker"
	"discomfy/pkg/comfy"
	"discomfy/pkg/job"
	"discomfy/pkg/terminal"
)

// The exit codes; `discomfy --help` documents them.
const (
	exitOK          = 0
	exitFailed      = 1   // a job failed or was rejected, or the command did
	exitUsage       = 2   // the command line or the request makes no sense
	exitUnreachable = 3   // NATS, the bridge or ComfyUI does not answer
	exitCancelled   = 4   // the job was cancelled
	exitInterrupted = 130 // a signal ended the watching; the job goes on
)

// usageError is a command line that makes no sense.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// unreachableError is a NATS server that does not answer, or not to us.
type unreachableError struct{ error }

func (e unreachableError) Unwrap() error { return e.error }

// endedError is an end with a code of its own. Mostly all was said when it
// came, and there are no words.
type endedError struct {
	code  int
	words string
}

func (e endedError) Error() string { return e.words }

// notSetUpError is a NATS server that lacks what the queue needs.
type notSetUpError struct {
	queue   job.Queue
	discord bool // it lacks what the ingress needs
	error
}

func (e notSetUpError) Unwrap() error { return e.error }

// words say what to do; what the server answered would tell nobody more.
func (e notSetUpError) words() string {
	if e.discord {
		return "NATS is not set up for Discord: run `discomfy init --discord`"
	}
	if e.queue == "" || e.queue == job.DefaultQueue {
		return "NATS is not set up: run `discomfy init`"
	}
	return fmt.Sprintf("NATS is not set up for queue %[1]s: run `discomfy init --queues %[1]s`", e.queue)
}

// ended is the error for jobs that have ended so; nil when all are done.
func ended(states []job.State) error {
	code := exitOK
	for _, s := range states {
		switch {
		case s.Phase == job.Failed, s.Phase == job.Rejected:
			return endedError{code: exitFailed}
		case s.Phase == job.Cancelled:
			code = exitCancelled
		}
	}
	if code == exitOK {
		return nil
	}
	return endedError{code: code}
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
	if isUnreachable(err) {
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

// isUnreachable reports whether somebody who is needed does not answer.
func isUnreachable(err error) bool {
	_, ok := errors.AsType[unreachableError](err)
	return ok || errors.Is(err, broker.ErrNotSetUp) || errors.Is(err, comfy.ErrUnavailable) || errors.Is(err, errAway)
}

// explain puts an error into one line with what to do about it; "" when
// everything was said already.
func explain(err error) string {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[notSetUpError](err); ok {
		return e.words()
	}
	words := terminal.Clean(err.Error())
	if e, ok := errors.AsType[*job.Error](err); ok {
		words = terminal.Clean(e.Error())
	}
	if _, ok := errors.AsType[unreachableError](err); ok {
		return "cannot " + words + adviceOnNATS(words)
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return words + " (see --help)"
	}
	if job.CodeOf(err) == job.CodeBridgeOffline {
		return words + ": start `discomfy up`, or `discomfy bridge` beside your NATS server"
	}
	return words
}

func adviceOnNATS(words string) string {
	if strings.Contains(strings.ToLower(words), "authoriz") {
		return ": say who you are with --nats-creds, --nats-user or --nats-token"
	}
	return ": start it with `discomfy up`, or say where it is with --nats"
}
