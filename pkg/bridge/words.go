package bridge

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"discomfy/pkg/comfy"
	"discomfy/pkg/job"
)

// mostWords bounds what is repeated of a server's message, in runes.
const mostWords = 300

// rejection puts ComfyUI's refusal of a prompt into words: which node, which
// input, why.
func (r *run) rejection(e *comfy.RejectedError) *job.Error {
	for _, node := range slices.Sorted(maps.Keys(e.Nodes)) {
		if len(e.Nodes[node].Errors) > 0 {
			return r.nodeRejection(node, e.Nodes[node])
		}
	}
	code := job.CodeRejected
	if e.Type == "missing_node_type" {
		code = job.CodeMissingModel
	}
	return &job.Error{Code: code, Message: sentence(e.Message, e.Details)}
}

func (r *run) nodeRejection(node string, e comfy.NodeError) *job.Error {
	out := &job.Error{Code: job.CodeRejected, Node: node, Title: r.titleOf(node, e.Class)}
	if len(e.Errors) == 0 {
		return out
	}
	first := e.Errors[0]
	out.Input, out.Message = first.Input, sentence(first.Message, first.Details)
	if first.Type == "value_not_in_list" && namesFile(first) {
		out.Code = job.CodeMissingModel
	}
	return out
}

// namesFile reports whether the refused value is a model file.
func namesFile(e comfy.InputError) bool {
	for _, ext := range []string{".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".sft"} {
		if strings.Contains(e.Details, ext) {
			return true
		}
	}
	return strings.HasSuffix(e.Input, "_name")
}

// failure puts an exception in a node into words, without its traceback.
func (r *run) failure(e comfy.ExecutionError) *job.Error {
	out := &job.Error{Code: job.CodeNodeFailed, Node: e.Node, Title: r.titleOf(e.Node, e.Class), Message: sentence(e.Message, "")}
	if e.OutOfMemory() {
		out.Code = job.CodeOutOfMemory
	}
	return out
}

func (r *run) titleOf(node, class string) string {
	if r.plan != nil && r.plan.titles[node] != "" {
		return r.plan.titles[node]
	}
	return class
}

// sentence joins what a server says into one bounded line.
func sentence(message, details string) string {
	s := strings.TrimSpace(message)
	if details = strings.TrimSpace(details); details != "" && !strings.Contains(s, details) {
		s += ": " + details
	}
	s = strings.Join(strings.FieldsFunc(s, func(c rune) bool { return unicode.IsControl(c) || c == ' ' }), " ")
	if runes := []rune(s); len(runes) > mostWords {
		s = string(runes[:mostWords]) + "…"
	}
	return strings.TrimRight(s, ".: ")
}
