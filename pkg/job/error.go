package job

import (
	"errors"
	"strings"
)

// Code says what kind of thing went wrong, for programs. People read the
// words of Error.
type Code string

// The failures that a person can meet.
const (
	CodeInvalid       Code = "invalid_request"  // a parameter is missing, wrong or out of range
	CodeUnknown       Code = "unknown_workflow" // no such workflow
	CodeMissingModel  Code = "missing_model"    // the server lacks a model, LoRA or node class
	CodeRejected      Code = "rejected"         // ComfyUI refused the graph
	CodeOutOfMemory   Code = "out_of_memory"    // the GPU's memory did not suffice
	CodeNodeFailed    Code = "node_failed"      // a node raised an exception
	CodeNoOutput      Code = "no_output"        // the run ended well and left no file
	CodeTimedOut      Code = "timed_out"        // the run took longer than its kind may
	CodeCancelled     Code = "cancelled"        // somebody stopped it
	CodeExpired       Code = "expired"          // it waited too long
	CodeQueueFull     Code = "queue_full"       // the queue takes no more
	CodeBridgeOffline Code = "bridge_offline"   // nobody serves the queue now
	CodeTooLarge      Code = "result_too_large" // a result exceeds what may be stored
	CodeUnconfirmed   Code = "unconfirmed"      // the broker did not answer: accepted or not is unknown
	CodeNotFound      Code = "not_found"        // no such job
	CodeInternal      Code = "internal"         // a fault of ours
)

// Error is a failure that is shown to people as it stands. Every other error
// is shown as CodeInternal with the job id, and logged.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message,omitempty"` // what happened, in a sentence without a full stop
	Node    string `json:"node,omitempty"`    // id of the node concerned
	Title   string `json:"title,omitempty"`   // its title
	Input   string `json:"input,omitempty"`   // the parameter or node input concerned
}

// Error gives the words for a person: what happened, and where.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code.words())
	b.WriteString(e.where())
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	return b.String()
}

// where names the place, as a continuation of the code's words.
func (e *Error) where() string {
	node := e.Title
	if node == "" && e.Node != "" {
		node = "node " + e.Node
	}
	where := ""
	if node != "" {
		where = " in " + node
	}
	if e.Input != "" {
		where += " (" + e.Input + ")"
	}
	return where
}

// words is the plain name of the code.
func (c Code) words() string {
	switch c {
	case CodeInvalid:
		return "invalid request"
	case CodeUnknown:
		return "unknown workflow"
	case CodeMissingModel:
		return "missing on the server"
	case CodeRejected:
		return "rejected by ComfyUI"
	case CodeOutOfMemory:
		return "out of memory"
	case CodeNodeFailed:
		return "the run failed"
	case CodeNoOutput:
		return "the run left no picture"
	case CodeTimedOut:
		return "took too long and was stopped"
	case CodeCancelled:
		return "cancelled"
	case CodeExpired:
		return "waited too long in the queue"
	case CodeQueueFull:
		return "the queue is full, try again later"
	case CodeBridgeOffline:
		return "the bridge is offline"
	case CodeTooLarge:
		return "the result is too large to keep"
	case CodeUnconfirmed:
		return "could not confirm that the job was accepted"
	case CodeNotFound:
		return "no such job"
	}
	return "internal error"
}

// CodeOf is the code of the first Error in err's tree, CodeInternal for every
// other error, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
