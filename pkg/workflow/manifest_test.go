package workflow_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/workflow"
)

func TestManifestIsReadWithEveryKey(t *testing.T) {
	t.Parallel()
	m, err := workflow.ParseManifest([]byte(`
name: whole
title: The whole format
description: Uses every key.
kind: edit
graph: other.json
outputs: [9, "10"]
parameters:
  - {name: a, title: A, type: text, required: true, max_length: 10, help: Says it., bind: 1.text}
  - {name: b, type: float, default: 0.50, min: -1, max: 1.0, step: 0.05, bind: [1.x, "2.y.z"]}
  - {name: c, type: choice, choices: [plain, 2, {Nice name: 0xFF}, "true"], default: 2, bind: 1.c}
  - {name: d, type: choice, choices_from: loras, bind: 3.lora_name}
  - {name: e, type: choice, choices_from: Some.input, fallback: first, default: x, bind: 4.e}
nodes:
  3: {title: Chain, when: d, bypass: {0: model}, repeat: 2}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := workflow.Manifest{
		Name: "whole", Title: "The whole format", Description: "Uses every key.",
		Kind: workflow.KindEdit, Graph: "other.json", Outputs: []string{"9", "10"},
		Parameters: []workflow.Parameter{
			{Name: "a", Title: "A", Type: workflow.TypeText, Required: true, MaxLength: 10, Help: "Says it.", Bind: bindings("1", "text")},
			{Name: "b", Title: "b", Type: workflow.TypeFloat, Default: number("0.5"), Min: "-1", Max: "1", Step: "0.05",
				Bind: bindings("1", "x", "2", "y.z")},
			{Name: "c", Title: "c", Type: workflow.TypeChoice, Default: number("2"), Bind: bindings("1", "c"), Choices: []workflow.Choice{
				{Label: "plain", Value: text("plain")}, {Label: "2", Value: number("2")},
				{Label: "Nice name", Value: number("255")}, {Label: "true", Value: text("true")},
			}},
			{Name: "d", Title: "d", Type: workflow.TypeChoice, From: "LoraLoader.lora_name", Bind: bindings("3", "lora_name"), Open: true},
			{Name: "e", Title: "e", Type: workflow.TypeChoice, From: "Some.input", Fallback: workflow.FallbackFirst, Default: text("x"),
				Bind: bindings("4", "e"), Open: true},
		},
		Nodes: map[string]workflow.NodeRule{
			"3": {Title: "Chain", When: "d", Bypass: map[int]string{0: "model"}, Repeat: 2},
		},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
}

func TestManifestErrorsNameThePlace(t *testing.T) {
	t.Parallel()
	param := func(rest string) string { return sketch("parameters:\n  - {name: p, " + rest + "}\n") }
	for name, c := range map[string]struct{ manifest, words string }{
		"unknown key":              {"name: x\ncolour: red\n", "line 2: unknown field \"colour\""},
		"unknown parameter key":    {sketch("parameters:\n  - name: p\n    tpye: text\n"), "line 6: unknown field \"tpye\""},
		"repeated key":             {"name: x\nname: y\n", "line 2"},
		"no name":                  {"kind: image\noutputs: [1]\n", "name: is missing"},
		"name with a capital":      {"name: Sketch\nkind: image\noutputs: [1]\n", "name: \"Sketch\""},
		"unknown kind":             {"name: x\nkind: picture\noutputs: [1]\n", "kind: \"picture\""},
		"no outputs":               {"name: x\nkind: image\n", "outputs: is missing"},
		"unknown type":             {param("type: colour, bind: 1.x"), "parameter p: type: \"colour\""},
		"bound nowhere":            {param("type: text"), "parameter p: bind: is missing"},
		"binding without input":    {param("type: text, bind: 6"), "line 5: bind: want node.input"},
		"parameter name":           {sketch("parameters: [{name: Bad-Name, type: text, bind: 1.x}]"), "name \"Bad-Name\""},
		"two of a name":            {sketch("parameters: [{name: a, type: text, bind: 1.x}, {name: a, type: text, bind: 1.y}]"), "two parameters"},
		"min above max":            {param("type: integer, min: 2, max: 1, bind: 1.x"), "min: is above max"},
		"min that is no number":    {param("type: integer, min: low, bind: 1.x"), "min: \"low\" is not a number"},
		"half an integer":          {param("type: integer, step: 0.5, bind: 1.x"), "step: 0.5 is not a whole number"},
		"no step":                  {param("type: float, step: 0, bind: 1.x"), "step: must be above 0"},
		"range of a text":          {param("type: text, max: 3, bind: 1.x"), "max: means nothing for the type text"},
		"length of a number":       {param("type: float, max_length: 3, bind: 1.x"), "max_length: means nothing"},
		"length without end":       {param("type: text, max_length: 1000000, bind: 1.x"), "max_length: want 1 to 100000"},
		"default out of range":     {param("type: integer, default: 9, max: 8, bind: 1.x"), "default: 9 is out of range"},
		"default between steps":    {param("type: integer, default: 9, step: 8, bind: 1.x"), "the nearest are 8 and 16"},
		"default of other type":    {param("type: integer, default: nine, bind: 1.x"), "default: want a whole number"},
		"default that is a list":   {param("type: integer, default: [1], bind: 1.x"), "line 5: want a text, a number"},
		"default not a choice":     {param("type: choice, choices: [a, b], default: c, bind: 1.x"), "default: there is no \"c\""},
		"default of a required":    {param("type: text, required: true, default: x, bind: 1.x"), "a required parameter has none"},
		"default of a seed":        {param("type: seed, default: 5, bind: 1.x"), "default: means nothing for the type seed"},
		"choices of a text":        {param("type: text, choices: [a], bind: 1.x"), "choices: means nothing"},
		"choice twice":             {param("type: choice, choices: [a, a], bind: 1.x"), "\"a\" is empty, too long or there twice"},
		"choices from both":        {param("type: choice, choices: [a], choices_from: loras, bind: 1.x"), "either this or choices"},
		"unknown source":           {param("type: choice, choices_from: lora, bind: 1.x"), "choices_from: \"lora\": want Class.input or one of checkpoints"},
		"unknown fallback":         {param("type: choice, fallback: last, bind: 1.x"), "fallback: \"last\": want first"},
		"fallback of own choices":  {param("type: choice, choices: [a], fallback: first, bind: 1.x"), "fallback: is for"},
		"when without parameter":   {sketch("nodes: {1: {when: p}}"), "node 1: when: there is no parameter \"p\""},
		"when always there":        {param("type: text, default: x, bind: 1.x") + "nodes: {1: {when: p}}", "the node would always be there"},
		"bypass without when":      {sketch("nodes: {1: {bypass: {0: a}}}"), "are for a node with when"},
		"repeat without bypass":    {param("type: text, bind: 1.x") + "nodes: {1: {when: p, repeat: 2}}", "repeat: needs bypass"},
		"repeat too often":         {param("type: text, bind: 1.x") + "nodes: {1: {when: p, bypass: {0: a}, repeat: 99}}", "repeat: want 1 to 16"},
		"a switch without choices": {sketch("parameters: [{name: p, type: choice}]\nnodes: {1: {when: p}}"), "choices: is missing"},
		"a title too long":         {sketch("title: " + strings.Repeat("x", 81)), "at most 80"},
		"help too long":            {param("type: text, bind: 1.x, help: " + strings.Repeat("x", 501)), "at most 80 and 500"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := workflow.ParseManifest([]byte(c.manifest))
			if err == nil || !strings.Contains(err.Error(), c.words) {
				t.Errorf("got %v, want it to say %q", err, c.words)
			}
		})
	}
}

// An alias that doubles at each level, or holds itself, must neither fill
// memory nor take for ever, whichever key it stands under.
func TestManifestWithHostileAliasesIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	var doubling strings.Builder
	doubling.WriteString("    - &a0 [x, x]\n")
	for i := range 60 {
		fmt.Fprintf(&doubling, "    - &a%d [*a%d, *a%d]\n", i+1, i, i)
	}
	for name, manifest := range map[string]string{
		"under an unknown key": "name: x\nz:\n" + doubling.String(),
		"under choices":        sketch("parameters:\n- name: p\n  type: choice\n  bind: 1.x\n  choices:\n" + doubling.String()),
		"under a default":      sketch("parameters:\n- name: p\n  type: choice\n  bind: 1.x\n  default:\n" + doubling.String()),
		"under bind":           sketch("parameters:\n- name: p\n  type: text\n  bind:\n" + doubling.String()),
		"nested without end":   sketch("parameters: " + strings.Repeat("[", 120_000)),
		"nested over lines":    sketch("parameters: " + strings.Repeat("[\n ", 40_000)),
		"entries without end":  strings.Repeat("- ", 60_000),
		"keys without end":     strings.Repeat("? ", 60_000),
		"maps without end":     sketch("parameters: " + strings.Repeat("{a: ", 30_000)),
		"in itself":            sketch("parameters: &p\n- *p\n"),
		"merged into itself":   sketch("nodes: &n\n  <<: *n\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			done := make(chan error, 1)
			go func() {
				_, err := workflow.ParseManifest([]byte(manifest))
				done <- err
			}()
			select {
			case err := <-done:
				if err == nil {
					t.Error("was accepted")
				}
			case <-time.After(20 * time.Second):
				t.Fatal("does not end")
			}
		})
	}
}
