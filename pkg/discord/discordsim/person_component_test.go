package discordsim_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/discord/discordsim"
)

// menu is an answer with one of each component of messages.
const menu = `{"content":"choose","components":[
	{"type":1,"components":[
		{"type":2,"style":1,"label":"Vary","custom_id":"vary"},
		{"type":2,"style":4,"label":"Delete","custom_id":"delete","disabled":true},
		{"type":2,"style":5,"label":"Site","url":"https://example.org"}]},
	{"type":1,"components":[{"type":3,"custom_id":"model","options":[{"label":"A","value":"a"},{"label":"B","value":"b"}]}]},
	{"type":1,"components":[{"type":3,"custom_id":"loras","min_values":0,"max_values":2,"options":[{"label":"A","value":"a"},{"label":"B","value":"b"},{"label":"C","value":"c"}]}]},
	{"type":1,"components":[{"type":5,"custom_id":"who"}]}]}`

// withMenu is a fake in which ann was answered with the menu; flags are those of the message.
func withMenu(t *testing.T, flags string) (*fake, *discordsim.Interaction, discordsim.ID) {
	t.Helper()
	f := stopped(t, discordsim.Config{})
	i := f.asked(t)
	f.callback(t, i, `{"type":4,"data":`+strings.Replace(menu, "{", `{"flags":`+flags+",", 1)+`}`).want(t, 200, 0)
	return f, i, f.Interaction(i.ID).Original
}

func TestAClick(t *testing.T) {
	t.Parallel()
	f, _, message := withMenu(t, "0")
	id, err := f.Click(t.Context(), f.bob.ID, message, "vary")
	if err != nil {
		t.Fatal(err)
	}
	p := f.sent(t, id)
	data, _ := p["data"].(object)
	delete(data, "id")
	if diff := cmp.Diff(object{"component_type": 2.0, "custom_id": "vary"}, data); diff != "" {
		t.Error(diff)
	}
	shown, _ := p["message"].(object)
	if p["type"] != 3.0 || shown["id"] != message.String() || shown["content"] != "choose" || p["locale"] != "de" {
		t.Errorf("payload %v", p)
	}
	if diff := cmp.Diff(object{"0": f.guild.ID.String(), "1": f.ann.ID.String()}, p["authorizing_integration_owners"]); diff != "" {
		t.Errorf("owners are those of the message: %s", diff)
	}
	f.callback(t, f.Interaction(id), `{"type":7,"data":{"content":"varied","components":[]}}`).want(t, 200, 0)
	if m := f.Message(message); m.Content != "varied" || len(m.Components) != 0 {
		t.Errorf("message %+v", m)
	}
	f.noViolations(t)
}

func TestChoices(t *testing.T) {
	t.Parallel()
	f, _, message := withMenu(t, "0")
	for name, c := range map[string]struct {
		menu   string
		values []string
		refuse string
	}{
		"one":             {menu: "model", values: []string{"b"}},
		"none of one":     {menu: "model", refuse: "1 to 1"},
		"two of one":      {menu: "model", values: []string{"a", "b"}, refuse: "1 to 1"},
		"unknown":         {menu: "model", values: []string{"z"}, refuse: "none of its options"},
		"none of several": {menu: "loras", values: []string{}},
		"several":         {menu: "loras", values: []string{"c", "a"}},
		"twice":           {menu: "loras", values: []string{"a", "a"}, refuse: "twice"},
		"a user":          {menu: "who", values: []string{f.bob.ID.String()}},
		"nobody":          {menu: "who", values: []string{"77"}, refuse: "there is no 77"},
		"a button":        {menu: "vary", values: []string{"a"}, refuse: "no select menu"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, err := f.Select(t.Context(), f.ann.ID, message, c.menu, c.values...)
			if c.refuse != "" {
				if err == nil || !strings.Contains(err.Error(), c.refuse) {
					t.Errorf("error %v, want %q", err, c.refuse)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			data, _ := f.sent(t, id)["data"].(object)
			want := []any{}
			for _, v := range c.values {
				want = append(want, v)
			}
			if diff := cmp.Diff(want, data["values"]); diff != "" {
				t.Error(diff)
			}
			if resolved, _ := data["resolved"].(object); c.menu == "who" && resolved["users"].(object)[f.bob.ID.String()] == nil {
				t.Errorf("resolved %v", resolved)
			}
		})
	}
}

func TestWhatCannotBeClicked(t *testing.T) {
	t.Parallel()
	f, _, message := withMenu(t, "0")
	for name, c := range map[string]struct {
		message discordsim.ID
		button  string
	}{
		"a disabled button": {message, "delete"}, "a link": {message, ""}, "an unknown one": {message, "none"},
		"a menu": {message, "model"}, "a message that is not there": {message + 1, "vary"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := f.Click(t.Context(), f.ann.ID, c.message, c.button); err == nil {
				t.Error("it was clicked")
			}
		})
	}
}

func TestPrivateMessagesAreClickedByTheirPersonOnly(t *testing.T) {
	t.Parallel()
	f, _, message := withMenu(t, "64")
	if _, err := f.Click(t.Context(), f.bob.ID, message, "vary"); err == nil {
		t.Error("bob clicked what only ann sees")
	}
	if _, err := f.Click(t.Context(), f.ann.ID, message, "vary"); err != nil {
		t.Error(err)
	}
}

// The Apps menu brings the message along, with its attachments.
func TestMessageCommands(t *testing.T) {
	t.Parallel()
	f, _, private := withMenu(t, "64")
	f.register(t, 0, object{"name": "Upscale", "type": 3})
	said, err := f.Say(t.Context(), f.bob.ID, f.channel.ID, "look", discordsim.Upload{Name: "a.png", Data: pixel()})
	if err != nil {
		t.Fatal(err)
	}
	id, err := f.Invoke(t.Context(), discordsim.Invocation{User: f.ann.ID, Channel: f.channel.ID, Command: "Upscale", Target: said.ID})
	if err != nil {
		t.Fatal(err)
	}
	data, _ := f.sent(t, id)["data"].(object)
	resolved, _ := data["resolved"].(object)["messages"].(object)[said.ID.String()].(object)
	attachments, _ := resolved["attachments"].([]any)
	if data["target_id"] != said.ID.String() || data["type"] != 3.0 || resolved["content"] != "look" || len(attachments) != 1 {
		t.Fatalf("data %v", data)
	}
	if a := attachments[0].(object); a["width"] != 1.0 || a["content_type"] != "image/png" {
		t.Errorf("attachment %v", a)
	}
	_, err = f.Invoke(t.Context(), discordsim.Invocation{User: f.ann.ID, Channel: f.channel.ID, Command: "Upscale", Target: private})
	if err == nil {
		t.Error("the menu was opened on an ephemeral message")
	}
	if _, err := f.Say(t.Context(), f.bob.ID, f.channel.ID, ""); err == nil {
		t.Error("an empty message was sent")
	}
	f.noViolations(t)
}

// An attachment of a command is resolved, can be fetched, and is no part of any message.
func TestAttachmentsOfCommands(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	f.generate(t)
	id, err := f.Invoke(t.Context(), discordsim.Invocation{User: f.ann.ID, Channel: f.channel.ID, Command: "generate", Options: map[string]any{
		"prompt": "abc", "image": discordsim.Upload{Name: "my cat.png", Data: pixel()},
	}})
	if err != nil {
		t.Fatal(err)
	}
	data, _ := f.sent(t, id)["data"].(object)
	value := optionOf(data, "image")
	a, _ := data["resolved"].(object)["attachments"].(object)[value.(string)].(object)
	if a["filename"] != "my_cat.png" || a["size"] != float64(len(pixel())) || a["ephemeral"] != true {
		t.Errorf("attachment %v", a)
	}
	if status, body, _ := f.get(t, a["url"].(string)); status != 200 || body != string(pixel()) {
		t.Errorf("fetched: %d", status)
	}
}
