package workflow_test

import (
	"encoding/json"

	"discomfy/pkg/workflow"
)

func number(s string) workflow.Value { return workflow.NewValue(json.Number(s)) }

func text(s string) workflow.Value { return workflow.NewValue(s) }

// bindings takes node, input, node, input, …
func bindings(pairs ...string) workflow.Bindings {
	var b workflow.Bindings
	for i := 0; i < len(pairs); i += 2 {
		b = append(b, workflow.Binding{Node: pairs[i], Input: pairs[i+1]})
	}
	return b
}
