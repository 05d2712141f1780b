package comfy

import (
	"encoding/json"
	"fmt"
	"strings"
)

// DecodeText parses a text frame. A type that the package does not know gives
// Other; an error means that the frame is not what its type must be.
func DecodeText(frame []byte) (Event, error) {
	var f struct {
		Type *string         `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := decode(frame, &f); err != nil {
		return nil, err
	}
	if f.Type == nil {
		return nil, fmt.Errorf("%w: a frame without a type", ErrMalformed)
	}
	parse, known := textKind(*f.Type)
	if !known {
		return Other{Type: *f.Type}, nil
	}
	var data textData
	err := json.Unmarshal(f.Data, &data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", *f.Type, ErrMalformed, err)
	}
	data.raw = f.Data
	event, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", *f.Type, err)
	}
	return event, nil
}

// textData is the data of every frame that the package knows.
type textData struct {
	Prompt    *PromptID    `json:"prompt_id"`
	Node      looseString  `json:"node"`
	Display   looseString  `json:"display_node"`
	Timestamp looseNumber  `json:"timestamp"` // milliseconds since 1970
	Value     looseNumber  `json:"value"`
	Max       looseNumber  `json:"max"`
	NodeID    looseString  `json:"node_id"`
	NodeType  looseString  `json:"node_type"`
	Executed  looseStrings `json:"executed"`

	ExceptionType    looseString `json:"exception_type"`
	ExceptionMessage looseString `json:"exception_message"`

	Nodes  json.RawMessage `json:"nodes"` // a list or an object
	Output json.RawMessage `json:"output"`
	Status json.RawMessage `json:"status"`
	SID    looseString     `json:"sid"`

	raw json.RawMessage
}

// textKind gives the parser of a message type.
func textKind(name string) (parse func(textData) (Event, error), known bool) {
	switch name {
	case "status":
		return textData.status, true
	case "feature_flags":
		return textData.featureFlags, true
	case "progress":
		return textData.progress, true
	case "executing":
		return textData.executing, true
	case "executed":
		return textData.executed, true
	case "progress_state":
		return textData.nodeStates, true
	case "execution_cached":
		return textData.cached, true
	case "execution_start", "execution_success", "execution_error", "execution_interrupted":
		return func(d textData) (Event, error) { return d.turningPoint(name) }, true
	}
	return nil, false
}

// prompt is the prompt of the frame, empty where it has none.
func (d textData) prompt() PromptID {
	if d.Prompt == nil {
		return ""
	}
	return *d.Prompt
}

func (d textData) status() (Event, error) {
	var status struct {
		Exec struct {
			Remaining *float64 `json:"queue_remaining"`
		} `json:"exec_info"`
	}
	if err := json.Unmarshal(d.Status, &status); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if status.Exec.Remaining == nil {
		return nil, fmt.Errorf("%w: no queue_remaining", ErrMalformed)
	}
	return Status{Remaining: int(looseNumber(*status.Exec.Remaining).whole()), ClientID: string(d.SID)}, nil
}

func (d textData) featureFlags() (Event, error) {
	flags := looseMap{}
	_ = flags.UnmarshalJSON(d.raw) // never fails
	return FeatureFlags{Flags: flags}, nil
}

func (d textData) progress() (Event, error) {
	return StepProgress{Prompt: d.prompt(), Node: string(d.Node), Value: float64(d.Value), Max: float64(d.Max)}, nil
}

func (d textData) executing() (Event, error) {
	// No node means the end of a prompt, so it must really say so.
	var said struct {
		Node json.RawMessage `json:"node"`
	}
	if json.Unmarshal(d.raw, &said) != nil || d.Node == "" && string(said.Node) != "null" {
		return nil, fmt.Errorf("%w: no node", ErrMalformed)
	}
	return Executing{Prompt: d.prompt(), Node: string(d.Node), Display: string(d.Display)}, nil
}

func (d textData) executed() (Event, error) {
	return Executed{
		Prompt: d.prompt(), Node: string(d.Node), Display: string(d.Display),
		Outputs: decodeOutputs(string(d.Node), d.Output),
	}, nil
}

func (d textData) nodeStates() (Event, error) {
	var nodes map[string]struct {
		Value   looseNumber `json:"value"`
		Max     looseNumber `json:"max"`
		State   looseString `json:"state"`
		Display looseString `json:"display_node_id"`
		Parent  looseString `json:"parent_node_id"`
		Real    looseString `json:"real_node_id"`
	}
	if err := json.Unmarshal(d.Nodes, &nodes); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	states := make(map[string]NodeState, len(nodes))
	for id, n := range nodes {
		states[id] = NodeState{
			Value: float64(n.Value), Max: float64(n.Max), State: string(n.State),
			Display: string(n.Display), Parent: string(n.Parent), Real: string(n.Real),
		}
	}
	return NodeStates{Prompt: d.prompt(), Nodes: states}, nil
}

func (d textData) cached() (Event, error) {
	return Cached{Prompt: d.prompt(), Nodes: d.cachedNodes()}, nil
}

// cachedNodes is the nodes of an execution_cached message.
func (d textData) cachedNodes() []string {
	var nodes looseStrings
	_ = nodes.UnmarshalJSON(d.Nodes) // never fails
	return nodes
}

// turningPoint parses the messages that begin and end a run: without the prompt they mean
// nothing.
func (d textData) turningPoint(kind string) (Event, error) {
	if d.Prompt == nil {
		return nil, fmt.Errorf("%w: no prompt_id", ErrMalformed)
	}
	switch kind {
	case "execution_start":
		return ExecutionStart{Prompt: *d.Prompt, At: d.Timestamp.moment()}, nil
	case "execution_success":
		return Succeeded{Prompt: *d.Prompt, At: d.Timestamp.moment()}, nil
	case "execution_interrupted":
		return Interrupted{Prompt: *d.Prompt, Node: string(d.NodeID), Executed: d.Executed}, nil
	default:
		return Failed{Prompt: *d.Prompt, ExecutionError: d.failure()}, nil
	}
}

// failure cuts the tips that servers add after a blank line when memory ran out.
func (d textData) failure() ExecutionError {
	message, _, _ := strings.Cut(string(d.ExceptionMessage), "\n\nTIPS:")
	return ExecutionError{
		Node: string(d.NodeID), Class: string(d.NodeType), Type: string(d.ExceptionType),
		Message: strings.TrimSpace(message), Executed: d.Executed,
	}
}
