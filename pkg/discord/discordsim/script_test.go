package discordsim_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"discomfy/pkg/discord/discordsim"
)

// script is a tiny bot: a session of the gateway, and what it does about each interaction, by the name of the command
// or the custom_id of the component or modal.
type script map[string]func(t *testing.T, f *fake, i *discordsim.Interaction, data object)

// play lets the bot act until noViolations, or the test's end.
func (f *fake) play(t *testing.T, s script) {
	t.Helper()
	c, _ := f.session(t, nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			p, err := c.patient()
			if err != nil {
				return
			}
			if p.T == "INTERACTION_CREATE" {
				f.react(t, s, p.D)
			}
		}
	}()
	f.rest = func() {
		_ = c.ws.NetConn().SetReadDeadline(time.Now()) // what it does it does to its end
		<-done
	}
	t.Cleanup(f.rest)
}

func (f *fake) react(t *testing.T, s script, payload []byte) {
	var p struct {
		ID   discordsim.ID `json:"id"`
		Type int           `json:"type"`
		Data object        `json:"data"`
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		t.Error(err)
		return
	}
	key := fmt.Sprint(p.Data["name"])
	if p.Type == 3 || p.Type == 5 {
		key = fmt.Sprint(p.Data["custom_id"])
	}
	if p.Type == 4 {
		key += "?"
	}
	if do := s[key]; do != nil {
		do(t, f, f.Interaction(p.ID), p.Data)
	}
}

// optionOf is the value of an option of a command.
func optionOf(data object, name string) any {
	options, _ := data["options"].([]any)
	for _, o := range options {
		if o := o.(object); o["name"] == name {
			return o["value"]
		}
	}
	return nil
}

// asJSON writes a body.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
