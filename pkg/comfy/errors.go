package comfy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

var (
	// ErrUnavailable is returned when a call failed for want of a connection: refused,
	// broken, or timed out.
	ErrUnavailable = errors.New("comfyui cannot be reached")
	// ErrNotSent is returned by Submit when the request was certainly not
	// sent, because no connection was made.
	ErrNotSent = errors.New("not sent")
	// ErrNotFound is returned when the server has no such file or folder.
	ErrNotFound = errors.New("not found")
	// ErrUnsupported is returned when the server is too old for the call.
	ErrUnsupported = errors.New("not supported by this server")
	// ErrTooLarge is returned when an answer or a frame exceeds its bound.
	ErrTooLarge = errors.New("larger than allowed")
	// ErrDeaf ends a generation whose socket is open and no longer hears the server.
	ErrDeaf = errors.New("the socket is deaf")
	// ErrMalformed is returned when an answer or a frame is not what its kind must be.
	ErrMalformed = errors.New("malformed")
)

// StatusError is an HTTP answer that is not a success.
type StatusError struct {
	Operation string // what was tried, as "read queue"
	Status    int    // HTTP status code
	Body      string // the beginning of the answer, for logs
}

func (e *StatusError) Error() string {
	if e.Body == "" {
		return fmt.Sprintf("%s: HTTP status %d", e.Operation, e.Status)
	}
	return fmt.Sprintf("%s: HTTP status %d: %s", e.Operation, e.Status, e.Body)
}

// Refused tells whether the server took no action (a 4xx status), as opposed to a
// failure after which anything may have happened.
func (e *StatusError) Refused() bool { return e.Status >= 400 && e.Status < 500 }

// InputError says what is wrong with one input of a node.
type InputError struct {
	Type    string // e.g. value_not_in_list, required_input_missing
	Message string
	Details string
	Input   string // name of the input, where the server names it
}

// NodeError is what a server holds against one node of a submitted graph.
type NodeError struct {
	Class   string
	Outputs []string // ids of the output nodes that do not run because of it
	Errors  []InputError
}

// RejectedError is a submission that the server, or JSON itself, refused.
// Nothing was queued.
type RejectedError struct {
	Type    string // e.g. prompt_outputs_failed_validation
	Message string
	Details string
	Nodes   map[string]NodeError // by node id; may be empty
}

// Error names the first node and input concerned, in the order of node ids.
func (e *RejectedError) Error() string {
	var b strings.Builder
	b.WriteString("rejected by comfyui: " + e.Message)
	if e.Details != "" {
		b.WriteString(": " + e.Details)
	}
	for _, id := range e.NodeIDs() {
		for _, in := range e.Nodes[id].Errors {
			fmt.Fprintf(&b, "; node %s (%s): %s: %s", id, e.Nodes[id].Class, in.Message, in.Details)
		}
	}
	return b.String()
}

// NodeIDs lists the nodes that have errors, numbers first and in their order.
func (e *RejectedError) NodeIDs() []string {
	ids := make([]string, 0, len(e.Nodes))
	for id := range e.Nodes {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, compareNodeIDs)
	return ids
}

// ExecutionError is the failure of a node while its prompt ran.
type ExecutionError struct {
	Node     string
	Class    string
	Type     string   // Python's exception type, e.g. RuntimeError
	Message  string   // without the tips for the server's owner
	Executed []string // nodes that had run before
}

func (e ExecutionError) Error() string {
	return fmt.Sprintf("node %s (%s): %s: %s", e.Node, e.Class, e.Type, e.Message)
}

// OutOfMemory tells whether the device's memory did not suffice. Torch names the
// exception torch.OutOfMemoryError, before 2.5 torch.cuda.OutOfMemoryError; some
// back ends raise a RuntimeError that says so.
func (e ExecutionError) OutOfMemory() bool {
	if strings.HasSuffix(e.Type, "OutOfMemoryError") {
		return true
	}
	general := strings.HasSuffix(e.Type, "RuntimeError") || strings.HasSuffix(e.Type, "AcceleratorError")
	return general && strings.Contains(strings.ToLower(e.Message), "out of memory")
}
