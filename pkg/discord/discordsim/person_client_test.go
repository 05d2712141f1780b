package discordsim_test

import (
	"encoding/json"
	"testing"

	"discomfy/pkg/discord/discordsim"
)

// command registers a global slash command with options as in a request.
func (f *fake) command(t *testing.T, name string, options ...object) {
	t.Helper()
	f.register(t, 0, object{"name": name, "description": name, "options": options, "integration_types": []int{0, 1}})
}

// register registers a command as if it had come as JSON.
func (f *fake) register(t *testing.T, guild discordsim.ID, definition object) {
	t.Helper()
	data, err := json.Marshal(definition)
	if err != nil {
		t.Fatal(err)
	}
	var o discordsim.Object
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatal(err)
	}
	f.Register(guild, o)
}

// invoke gives a command without options, as ann in the channel.
func (f *fake) invoke(t *testing.T, name string) discordsim.ID {
	t.Helper()
	id, err := f.Invoke(t.Context(), discordsim.Invocation{User: f.ann.ID, Channel: f.channel.ID, Command: name})
	if err != nil {
		t.Fatal(err)
	}
	return id
}
