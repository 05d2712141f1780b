package comfy

import "encoding/json"

// Output is one file that a node gave.
type Output struct {
	Node     string
	Kind     string // the name it has in the node's output: images, gifs, audio, 3d, …
	Animated bool
	File     File
}

// File is a file on the server.
type File struct {
	Name      string
	Subfolder string // with slashes; empty for the folder itself
	Type      string // output, temp (of previews), or input
}

// decodeOutputs finds the files in a node's output: {kind: [file, …], animated: [bool]}.
// Everything else that nodes put there, such as texts, is left out.
func decodeOutputs(node string, raw json.RawMessage) []Output {
	var kinds looseFields
	_ = kinds.UnmarshalJSON(raw)
	var outputs []Output
	animated := false
	for _, kind := range kinds {
		var list looseList
		_ = list.UnmarshalJSON(kind.value)
		if kind.name == "animated" {
			animated = len(list) > 0 && string(list[0]) == "true"
			continue
		}
		for _, item := range list {
			if file, ok := decodeFile(item); ok {
				outputs = append(outputs, Output{Node: node, Kind: kind.name, File: file})
			}
		}
	}
	for i := range outputs {
		outputs[i].Animated = animated
	}
	return outputs
}

func decodeFile(raw json.RawMessage) (File, bool) {
	var f struct {
		Name      looseString `json:"filename"`
		Subfolder looseString `json:"subfolder"`
		Type      looseString `json:"type"`
	}
	if json.Unmarshal(raw, &f) != nil || f.Name == "" {
		return File{}, false
	}
	return File{Name: string(f.Name), Subfolder: string(f.Subfolder), Type: string(f.Type)}, true
}
