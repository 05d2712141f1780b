package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/bwmarrin/discordgo"
)

// maxDepth is deeper than any interaction: a message in the resolved data, with a
// container that has a section that has a button.
const maxDepth = 16

var errNoObject = errors.New("not an object")

func whole(raw []byte) ([]byte, error) { return raw, nil }

// prune removes the components that discordgo refuses: one of an unknown type would
// lose all that surrounds it.
func prune(raw []byte) ([]byte, error) {
	tree, err := treeOf(raw)
	if err != nil {
		return nil, err
	}
	return json.Marshal(pruned(tree, maxDepth))
}

// pruneMessages also reduces messages to what identifies them and their files, and
// leaves out what nobody here looks at.
func pruneMessages(raw []byte) ([]byte, error) {
	tree, err := treeOf(raw)
	if err != nil {
		return nil, err
	}
	object, ok := pruned(tree, maxDepth).(map[string]any)
	if !ok {
		return nil, errNoObject
	}
	delete(object, "entitlements")
	if message := objectIn(object, "message"); message != nil {
		reduce(message)
	}
	for _, message := range objectIn(objectIn(objectIn(object, "data"), "resolved"), "messages") {
		if message, ok := message.(map[string]any); ok {
			reduce(message)
		}
	}
	return json.Marshal(object)
}

// objectIn is nil where there is none; a nil map may be asked further.
func objectIn(object map[string]any, key string) map[string]any {
	inner, _ := object[key].(map[string]any)
	return inner
}

func reduce(message map[string]any) {
	maps.DeleteFunc(message, func(key string, _ any) bool {
		return !slices.Contains([]string{"id", "channel_id", "flags", "attachments"}, key)
	})
}

// treeOf keeps numbers as they are written: ids and seeds are larger than a float holds.
func treeOf(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var tree any
	err := d.Decode(&tree)
	return tree, err
}

// pruned filters every list of components, wherever it is.
func pruned(v any, depth int) any {
	if depth == 0 {
		return nil
	}
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if list, ok := value.([]any); ok && key == "components" {
				v[key] = components(list, depth-1)
			} else {
				v[key] = pruned(value, depth-1)
			}
		}
	case []any:
		for n, value := range v {
			v[n] = pruned(value, depth-1)
		}
	}
	return v
}

// components keeps those that discordgo can decode once their own parts are filtered.
func components(list []any, depth int) []any {
	kept := []any{}
	for _, component := range list {
		component = pruned(component, depth)
		raw, err := json.Marshal(component)
		if err != nil {
			continue
		}
		if _, err := discordgo.MessageComponentFromJSON(raw); err == nil {
			kept = append(kept, component)
		}
	}
	return kept
}
