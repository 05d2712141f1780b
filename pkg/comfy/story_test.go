package comfy_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"discomfy/pkg/comfy"
)

// story is what a recording tells, in lines that people read and that do not depend on
// ids, counters and times.
type story struct {
	aliases map[comfy.PromptID]string
	calls   []string
	sockets []string
}

func newStory() *story { return &story{aliases: map[comfy.PromptID]string{}} }

func (s *story) String() string {
	text := strings.Join(slices.Concat([]string{"calls:"}, s.calls, s.sockets), "\n") + "\n"
	return uploadTag.ReplaceAllString(text, "TAG-bad.png")
}

// name is a prompt's alias: P1 for the first that is spoken of.
func (s *story) name(id comfy.PromptID) string {
	if s.aliases[id] == "" {
		s.aliases[id] = fmt.Sprintf("P%d", len(s.aliases)+1)
	}
	return s.aliases[id]
}

func (s *story) names(ids []comfy.PromptID) []string {
	list := []string{}
	for _, id := range ids {
		list = append(list, s.name(id))
	}
	return list
}

func (s *story) called(outcome string) { s.calls = append(s.calls, "  "+outcome) }

var counter = regexp.MustCompile(`(temp_)?[a-z]{5}_\d{5}_|_\d{5}_`)

// uploadTag is the name that the recorder drew for a file that is no picture.
var uploadTag = regexp.MustCompile(`[0-9a-f]{8}-bad\.png`)

// unnumbered is a file name without the server's counter and random part.
func unnumbered(file string) string {
	return counter.ReplaceAllStringFunc(file, func(m string) string {
		if strings.HasPrefix(m, "temp_") {
			return "temp_*_"
		}
		return m[:strings.Index(m, "_")] + "_*_"
	})
}

func (s *story) submitted(id comfy.PromptID, a comfy.Accepted, err error) string {
	line := "submit " + s.name(id) + ": accepted"
	nodes := a.NodeErrors
	if rejected, ok := errors.AsType[*comfy.RejectedError](err); ok {
		line = fmt.Sprintf("submit %s: rejected as %s: %s", s.name(id), rejected.Type, rejected.Message)
		nodes = rejected.Nodes
	} else if err != nil {
		line += because(err)
	}
	for _, node := range (&comfy.RejectedError{Nodes: nodes}).NodeIDs() {
		inputs := slices.Clone(nodes[node].Errors)
		slices.SortFunc(inputs, func(a, b comfy.InputError) int { return strings.Compare(a.Type+a.Input, b.Type+b.Input) })
		for _, in := range inputs {
			line += fmt.Sprintf("; node %s (%s) input %q: %s", node, nodes[node].Class, in.Input, in.Type)
		}
	}
	return line
}

func (s *story) queue(q comfy.Queue, err error) string {
	ids := func(list []comfy.Queued) (out []comfy.PromptID) {
		for _, p := range list {
			out = append(out, p.ID)
		}
		return out
	}
	return fmt.Sprintf("queue: running %v, waiting %v%s", s.names(ids(q.Running)), s.names(ids(q.Pending)), because(err))
}

func (s *story) history(id comfy.PromptID, e *comfy.Entry, err error) string {
	line := "history of " + s.name(id) + ": "
	if e == nil {
		return line + "none" + because(err)
	}
	line += fmt.Sprintf("%s, cached %v", e.Outcome, e.Cached)
	if e.Failure != nil {
		line += fmt.Sprintf(", %v, out of memory %v", e.Failure, e.Failure.OutOfMemory())
	}
	if e.ClientID == "" || e.Started.IsZero() || e.Ended.Before(e.Started) {
		line += fmt.Sprintf(" WRONG client %q, from %v to %v", e.ClientID, e.Started, e.Ended)
	}
	return line + files(e.Outputs)
}

func files(outputs []comfy.Output) string {
	var b strings.Builder
	for _, o := range outputs {
		fmt.Fprintf(&b, ", %s of node %s: %s (%s)", o.Kind, o.Node, unnumbered(o.File.Name), o.File.Type)
		if o.File.Subfolder != "" {
			fmt.Fprintf(&b, " in %s", o.File.Subfolder)
		}
		if o.Animated {
			b.WriteString(" animated")
		}
	}
	return b.String()
}

// tell writes down what a socket heard. Runs of progress and of previews are one line
// each, with the last value; the number of status frames is a matter of timing.
func (s *story) tell(who string, events []comfy.Event) {
	s.sockets = append(s.sockets, "socket "+who+":")
	steps, previews := -1, -1
	for _, e := range events {
		var line string
		switch e := e.(type) {
		case comfy.StepProgress:
			s.repeat(&steps, fmt.Sprintf("%s steps of node %s: %v of %v", s.name(e.Prompt), e.Node, e.Value, e.Max))
			continue
		case comfy.Preview:
			s.repeat(&previews, fmt.Sprintf("%s previews of node %s: %s", s.name(e.Prompt), e.Node, e.Type))
			continue
		case comfy.Status, comfy.NodeStates:
			continue
		default:
			line = s.line(e)
		}
		steps, previews = -1, -1
		s.sockets = append(s.sockets, "  "+line)
	}
}

func (s *story) repeat(at *int, line string) {
	if *at < 0 {
		*at = len(s.sockets)
		s.sockets = append(s.sockets, "")
	}
	s.sockets[*at] = "  " + line
}

func (s *story) line(e comfy.Event) string {
	switch e := e.(type) {
	case comfy.Connected:
		return "connected"
	case comfy.Disconnected:
		return fmt.Sprintf("disconnected, deaf %v", e.Deaf)
	case comfy.ExecutionStart:
		return s.name(e.Prompt) + " start"
	case comfy.Cached:
		return fmt.Sprintf("%s cached %v", s.name(e.Prompt), e.Nodes)
	case comfy.Executing:
		return s.executing(e)
	case comfy.Executed:
		return fmt.Sprintf("%s node %s gave%s", s.name(e.Prompt), e.Node, files(e.Outputs))
	case comfy.Succeeded:
		return s.name(e.Prompt) + " success"
	case comfy.Failed:
		return fmt.Sprintf("%s failed: %v, out of memory %v, after %v", s.name(e.Prompt), e.ExecutionError, e.OutOfMemory(), e.Executed)
	case comfy.Interrupted:
		return fmt.Sprintf("%s interrupted at node %s after %v", s.name(e.Prompt), e.Node, e.Executed)
	}
	return fmt.Sprintf("UNEXPECTED %T", e)
}

func (s *story) executing(e comfy.Executing) string {
	who := "somebody"
	if e.Prompt != "" || s.aliases[""] != "" {
		who = s.name(e.Prompt)
	}
	if e.Node == "" {
		return who + " end"
	}
	return who + " node " + e.Node
}
