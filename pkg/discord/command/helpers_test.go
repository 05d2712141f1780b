package command_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/command"
	"discomfy/pkg/discord/discordsim/spec"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
	"discomfy/workflows"
)

// shipped is the catalog of the shipped workflows on a recorded server.
var shipped = sync.OnceValue(func() workflow.Catalog {
	set, problems := workflow.Load(workflows.FS)
	f, err := os.Open("../../comfy/testdata/recordings/0.33.0/object_info.json")
	if err != nil || len(problems) > 0 {
		panic(fmt.Sprint(err, problems))
	}
	defer f.Close()
	nodes, err := workflow.ParseNodes(f)
	if err != nil {
		panic(err)
	}
	return set.Catalog(nodes)
})

// shop is the menu of the shipped workflows.
func shop() command.Menu { return command.Menu{Catalog: shipped()} }

// offer reads a manifest's parameters as YAML; graphs are not looked at.
func offer(t testing.TB, name, kind, parameters string) workflow.Offer {
	t.Helper()
	m, err := workflow.ParseManifest([]byte("name: " + name + "\nkind: " + kind + "\noutputs: [1]\nparameters:\n" + parameters))
	if err != nil {
		t.Fatal(err)
	}
	return workflow.Offer{Manifest: m}
}

func menu(offers ...workflow.Offer) command.Menu {
	return command.Menu{Catalog: workflow.Catalog{Offers: offers}}
}

// manyLoras is txt2img with so many LoRAs; every tenth has a long name.
func manyLoras(n int) command.Menu {
	o, _ := shipped().Find("txt2img")
	o.Parameters = append([]workflow.Parameter(nil), o.Parameters...)
	for i, p := range o.Parameters {
		if p.Name != "lora" {
			continue
		}
		p.Choices = nil
		for k := range n {
			p.Choices = append(p.Choices, workflow.Choice{Label: loraName(k), Value: workflow.NewValue(loraName(k))})
		}
		o.Parameters[i] = p
	}
	return menu(o)
}

func loraName(k int) string {
	if k%10 == 9 {
		return fmt.Sprintf("%s/number %04d.safetensors", strings.Repeat("a very long folder ", 8), k)
	}
	return fmt.Sprintf("style_%04d.safetensors", k)
}

// option is one option of a command, as Discord sends it.
type option struct {
	Name    string `json:"name"`
	Type    int    `json:"type"`
	Value   any    `json:"value"`
	Focused bool   `json:"focused,omitempty"`
}

func str(name, value string) option         { return option{Name: name, Type: 3, Value: value} }
func whole(name string, value int64) option { return option{Name: name, Type: 4, Value: value} }
func yes(name string) option                { return option{Name: name, Type: 5, Value: true} }
func num(name string, value float64) option { return option{Name: name, Type: 10, Value: value} }
func file(name string) option               { return option{Name: name, Type: 11, Value: "9" + name} }
func focus(name string, typed any) option {
	return option{Name: name, Type: 3, Value: typed, Focused: true}
}
func resolvedFile(id string) map[string]any {
	return map[string]any{"id": id, "filename": id + ".png", "content_type": "image/png", "size": 1234, "width": 64, "height": 64,
		"url": "https://cdn.discordapp.com/ephemeral-attachments/1/2/" + id + ".png?ex=1", "proxy_url": "https://media.discordapp.net/x.png"}
}

// typed is a command as Discord sends it.
func typed(t testing.TB, name command.Name, options ...option) api.Interaction {
	t.Helper()
	return invoked(t, 2, name, options...)
}

// typing is its autocomplete.
func typing(t testing.TB, name command.Name, options ...option) api.Interaction {
	t.Helper()
	return invoked(t, 4, name, options...)
}

func invoked(t testing.TB, kind int, name command.Name, options ...option) api.Interaction {
	t.Helper()
	data := map[string]any{"id": "7", "name": name, "type": 1, "options": options}
	files := map[string]any{}
	for _, o := range options {
		if id, ok := o.Value.(string); ok && o.Type == 11 {
			files[id] = resolvedFile(id)
		}
	}
	if kind == 2 && len(files) > 0 {
		data["resolved"] = map[string]any{"attachments": files}
	}
	return interaction(t, kind, "100", data)
}

// interaction is what the user 42, or another, did.
func interaction(t testing.TB, kind int, user string, data any) api.Interaction {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"id": "1234567890123456789", "application_id": "5", "type": kind, "data": data,
		"guild_id": "6", "channel_id": "8", "token": "x", "version": 1,
		"member": map[string]any{"user": map[string]any{"id": user, "username": "ann"}, "permissions": "0"}})
	if err != nil {
		t.Fatal(err)
	}
	i, err := api.ParseInteraction(raw, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// must gives the value of a call that has to succeed.
func must[T any](t testing.TB) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// wantError checks the code of a *job.Error and parts of its words.
func wantError(t testing.TB, err error, code job.Code, words ...string) {
	t.Helper()
	if _, coded := errors.AsType[*job.Error](err); !coded || job.CodeOf(err) != code {
		t.Errorf("error %v has code %q, want %q", err, job.CodeOf(err), code)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

var openAPI = sync.OnceValues(spec.Load)

// valid checks a body as Discord would.
func valid(t testing.TB, method, path string, body any) {
	t.Helper()
	s, err := openAPI()
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.Check(method, path, "application/json", data) {
		t.Errorf("%s %s: %s", method, path, c)
	}
	if t.Failed() {
		t.Logf("%s", data)
	}
}

// validCard checks a message as the answer to an interaction.
func validCard(t testing.TB, m api.Message) {
	t.Helper()
	valid(t, "POST", "/interactions/1/x/callback", map[string]any{"type": 4, "data": map[string]any{
		"content": m.Content, "embeds": m.Embeds, "components": m.Components}})
}

// validModal checks a modal as the answer to an interaction.
func validModal(t testing.TB, m api.Modal) {
	t.Helper()
	valid(t, "POST", "/interactions/1/x/callback", map[string]any{"type": 9, "data": map[string]any{
		"custom_id": m.ID, "title": m.Title, "components": m.Components}})
}

// inputs are a modal's, by custom id.
func inputs(m api.Modal) map[string]discordgo.TextInput {
	all := map[string]discordgo.TextInput{}
	for _, c := range m.Components {
		in := c.(discordgo.Label).Component.(discordgo.TextInput)
		all[in.CustomID] = in
	}
	return all
}

// filled is the submission of a modal in which some inputs were changed.
func filled(t testing.TB, m api.Modal, changes map[string]string) api.Interaction {
	t.Helper()
	var rows []any
	seen := 0
	for _, c := range m.Components {
		in := c.(discordgo.Label).Component.(discordgo.TextInput)
		v, changed := changes[in.CustomID]
		if !changed {
			v = in.Value
		} else {
			seen++
		}
		rows = append(rows, map[string]any{"type": 18, "id": 1, "component": map[string]any{"type": 4, "id": 2, "custom_id": in.CustomID, "value": v}})
	}
	if seen != len(changes) {
		t.Fatalf("not all of %v are among the inputs %v", changes, inputs(m))
	}
	return interaction(t, 5, "100", map[string]any{"custom_id": m.ID, "components": rows})
}

// clicked is a click on a button, or a choice in a select.
func clicked(t testing.TB, user, id string, values ...string) api.Interaction {
	t.Helper()
	data := map[string]any{"custom_id": id, "component_type": 2}
	if len(values) > 0 {
		data["component_type"], data["values"] = 3, values
	}
	return interaction(t, 3, user, data)
}

// anything is an interaction with whatever data; false where it is none.
func anything(kind int, data string) (api.Interaction, bool) {
	if !json.Valid([]byte(data)) {
		return api.Interaction{}, false
	}
	i, err := api.ParseInteraction(fmt.Appendf(nil, `{"id":"1","application_id":"5","type":%d,"user":{"id":"100"},"data":%s}`, kind, data), time.Time{})
	return i, err == nil
}
