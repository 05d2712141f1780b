package comfy

import (
	"encoding/json"
	"time"
)

// Event is something that happened: on the server, as a frame tells it, or to
// the connection (Connected, Disconnected).
type Event interface{ event() }

// Connected begins a generation. Nothing that happened before is told again.
type Connected struct {
	ClientID string                     // as the server calls this client
	Flags    map[string]json.RawMessage // the server's feature flags; nil on very old servers
}

// Disconnected ends a generation.
type Disconnected struct {
	Err  error // why
	Deaf bool  // the socket was open and heard nothing
}

// Status is sent to every client at each change of the queue.
type Status struct {
	Remaining int    // prompts that run or wait, of all clients
	ClientID  string // in the first of a connection only
}

// FeatureFlags answers the client's own. Conn keeps it to itself.
type FeatureFlags struct{ Flags map[string]json.RawMessage }

// ExecutionStart begins the run of a prompt.
type ExecutionStart struct {
	Prompt PromptID
	At     time.Time
}

// Cached names the nodes that need not run.
type Cached struct {
	Prompt PromptID
	Nodes  []string
}

// Executing says which node runs now. An empty Node means that the prompt has ended and that
// its history entry exists. A frame that comes on connecting during a run has
// no prompt.
type Executing struct {
	Prompt  PromptID
	Node    string
	Display string // the node of the submitted graph that Node stands for
}

// StepProgress is the progress of the node that runs.
type StepProgress struct {
	Prompt     PromptID
	Node       string
	Value, Max float64
}

// NodeStates is the state of every node that has begun.
type NodeStates struct {
	Prompt PromptID
	Nodes  map[string]NodeState // by node id
}

// NodeState is how far a node is.
type NodeState struct {
	Value, Max            float64
	State                 string // running, finished or error
	Display, Parent, Real string // ids; differ from the node's own for nodes that nodes create
}

// Executed gives the files of an output node.
type Executed struct {
	Prompt  PromptID
	Node    string
	Display string
	Outputs []Output
}

// Succeeded ends a run well. Its history entry may not exist yet: the Executing
// without a node, which follows, comes after it.
type Succeeded struct {
	Prompt PromptID
	At     time.Time
}

// Failed ends a run by the failure of a node.
type Failed struct {
	Prompt PromptID
	ExecutionError
}

// Interrupted ends a run that somebody stopped.
type Interrupted struct {
	Prompt   PromptID
	Node     string // where it was
	Executed []string
}

// Preview is a picture of the running node's work so far.
type Preview struct {
	Prompt  PromptID // empty on the wire without metadata
	Node    string
	Display string
	Type    string // image/jpeg or image/png
	Data    []byte
}

// Other is a message that the package does not know, as those of custom
// nodes. Conn counts it and keeps it to itself.
type Other struct{ Type string }

func (Connected) event()      {}
func (Disconnected) event()   {}
func (Status) event()         {}
func (FeatureFlags) event()   {}
func (ExecutionStart) event() {}
func (Cached) event()         {}
func (Executing) event()      {}
func (StepProgress) event()   {}
func (NodeStates) event()     {}
func (Executed) event()       {}
func (Succeeded) event()      {}
func (Failed) event()         {}
func (Interrupted) event()    {}
func (Preview) event()        {}
func (Other) event()          {}
