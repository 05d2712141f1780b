package workflow

import (
	"fmt"
	"strings"

	"discomfy/pkg/job"
)

// Problem is one thing that is wrong with a workflow, and its place. The
// fields that do not apply are empty.
type Problem struct {
	Workflow string   `json:"workflow,omitempty"`
	File     string   `json:"file,omitempty"` // the manifest or graph file
	Node     string   `json:"node,omitempty"`
	Input    string   `json:"input,omitempty"` // the node's input, or the parameter when Node is empty
	Text     string   `json:"text"`            // what is wrong, without the place
	Code     job.Code `json:"code,omitempty"`  // what a submission that meets it is answered with
}

// String is one line: the place, then what is wrong there.
func (p Problem) String() string {
	var place []string
	switch {
	case p.Workflow != "" && p.File != "":
		place = append(place, fmt.Sprintf("%s (%s)", p.Workflow, p.File))
	case p.Workflow+p.File != "":
		place = append(place, p.Workflow+p.File)
	}
	switch {
	case p.Node != "" && p.Input != "":
		place = append(place, fmt.Sprintf("node %s, input %s", p.Node, p.Input))
	case p.Node != "":
		place = append(place, "node "+p.Node)
	case p.Input != "":
		place = append(place, "parameter "+p.Input)
	}
	return strings.Join(append(place, p.Text), ": ")
}

// Error is String: a Problem may travel as an error.
func (p Problem) Error() string { return p.String() }

// failure is the problem as an answer to a person who submitted.
func (p Problem) failure(titles func(node string) string) *job.Error {
	code := p.Code
	if code == "" {
		code = job.CodeInvalid
	}
	e := &job.Error{Code: code, Message: p.Text, Node: p.Node, Input: p.Input}
	if p.Node != "" {
		e.Title = titles(p.Node)
	}
	return e
}

// invalid is the answer to a wrong parameter.
func invalid(parameter, format string, args ...any) *job.Error {
	return &job.Error{Code: job.CodeInvalid, Input: parameter, Message: fmt.Sprintf(format, args...)}
}
