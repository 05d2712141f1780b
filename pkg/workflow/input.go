package workflow

import (
	"bytes"
	"encoding/json"
	"strings"
)

// The input types that mean something here; all others are compared by name.
const (
	typeInt          = "INT"
	typeFloat        = "FLOAT"
	typeString       = "STRING"
	typeBoolean      = "BOOLEAN"
	typeCombo        = "COMBO"
	typeDynamicCombo = "COMFY_DYNAMICCOMBO_V3" // from 0.33.0: a choice that brings inputs of its own
	typeAutogrow     = "COMFY_AUTOGROW_V3"     // any number of inputs, named name.something
	typeMatch        = "COMFY_MATCHTYPE_V3"    // a link of any type
	typeAny          = "*"
)

// maxNested is how deep options may bring options; servers have two levels.
const maxNested = 8

// Input is one input of a Class.
type Input struct {
	Name     string // an option's own input is named parent.child
	Type     string // INT, FLOAT, STRING, BOOLEAN, COMBO, IMAGE, …; several are joined by commas
	Required bool
	Default  Value       // none where the server gives none
	Min, Max json.Number // empty where there is no bound
	Choice   bool        // it takes one of Choices
	Choices  []Choice
	Upload   bool               // its choices are uploaded files: they come and go
	options  map[string][]Input // by choice: the inputs that it brings
}

// inputOptions is the object beside an input's type.
type inputOptions struct {
	Default     json.RawMessage   `json:"default"`
	Min         json.RawMessage   `json:"min"`
	Max         json.RawMessage   `json:"max"`
	Options     []json.RawMessage `json:"options"`
	Remote      json.RawMessage   `json:"remote"`
	Multi       bool              `json:"multiselect"`
	ImageUpload bool              `json:"image_upload"`
	VideoUpload bool              `json:"video_upload"`
	AudioUpload bool              `json:"audio_upload"`
	FileUpload  bool              `json:"file_upload"`
}

type dynamicOption struct {
	Key    string `json:"key"`
	Inputs struct {
		Required ordered[json.RawMessage] `json:"required"`
		Optional ordered[json.RawMessage] `json:"optional"`
	} `json:"inputs"`
}

func parseInputs(parent string, raw ordered[json.RawMessage], required bool) []Input {
	var inputs []Input
	for _, e := range raw {
		if in, ok := parseInput(parent+e.Key, e.Value); ok {
			in.Required = required
			inputs = append(inputs, in)
		}
	}
	return inputs
}

// parseInput reads [type, options]; the type may be a list of choices.
func parseInput(name string, data json.RawMessage) (Input, bool) {
	var spec []json.RawMessage
	if json.Unmarshal(data, &spec) != nil || len(spec) == 0 {
		return Input{}, false
	}
	var o inputOptions
	if len(spec) > 1 {
		_ = json.Unmarshal(spec[1], &o) // unusual fields keep their zero value
	}
	in := Input{
		Name: name, Default: parseValue(o.Default), Min: parseBound(o.Min), Max: parseBound(o.Max),
		Upload: o.ImageUpload || o.VideoUpload || o.AudioUpload || o.FileUpload,
	}
	var list []json.RawMessage
	switch {
	case json.Unmarshal(spec[0], &list) == nil:
		in.Type, in.Choice, in.Choices = typeCombo, !o.Multi, parseChoices(list)
	case json.Unmarshal(spec[0], &in.Type) != nil:
		return Input{}, false
	case in.Type == typeCombo:
		in.Choice, in.Choices = o.Options != nil && !o.Multi, parseChoices(o.Options)
	case in.Type == typeDynamicCombo && strings.Count(name, ".") < maxNested:
		in.Choice = true
		in.Choices, in.options = parseDynamic(name, o.Options)
	}
	if len(o.Remote) > 0 {
		in.Choice = false // the page asks another route for the list
	}
	return in, true
}

func parseDynamic(name string, raw []json.RawMessage) ([]Choice, map[string][]Input) {
	var choices []Choice
	options := make(map[string][]Input, len(raw))
	for _, data := range raw {
		var o dynamicOption
		if json.Unmarshal(data, &o) != nil {
			continue
		}
		choices = append(choices, Choice{o.Key, NewValue(o.Key)})
		options[o.Key] = append(parseInputs(name+".", o.Inputs.Required, true),
			parseInputs(name+".", o.Inputs.Optional, false)...)
	}
	return choices, options
}

func parseChoices(raw []json.RawMessage) []Choice {
	choices := make([]Choice, 0, len(raw))
	for _, data := range raw {
		if v := parseValue(data); !v.IsZero() {
			choices = append(choices, Choice{v.String(), v})
		}
	}
	return choices
}

func parseValue(data json.RawMessage) Value {
	var v Value
	if len(data) == 0 || v.UnmarshalJSON(data) != nil {
		return Value{}
	}
	return v
}

// parseBound reads a number; other things, such as Infinity, are no bound.
func parseBound(data json.RawMessage) json.Number {
	n, ok := parseValue(bytes.TrimSpace(data)).Any().(json.Number)
	if !ok {
		return ""
	}
	if n, ok := canonicalFloat(n.String()); ok {
		return n
	}
	return ""
}
