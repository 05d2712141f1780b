package api_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/discord/api"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// facts are what others ask of an interaction.
type facts struct {
	Asker, Channel, Parent     string
	Size                       int64
	Restricted                 bool
	Guild, BotDM, Thread       bool
	GuildInstalled, UserInst   bool
	BotEdits, BotPosts, Powers bool
}

func TestInteractionsOfEveryKind(t *testing.T) {
	t.Parallel()
	const ann = "1309000000000000005"
	for name, want := range map[string]facts{
		"slash_guild": {
			Asker: ann, Channel: "1309000000000000070", Size: 50 << 20, Restricted: true, Guild: true,
			GuildInstalled: true, BotEdits: true, BotPosts: true, Powers: true,
		},
		"slash_dm":           {Asker: ann, Channel: "1309000000000000080", Size: 10 << 20, BotDM: true, GuildInstalled: true, BotEdits: true, BotPosts: true},
		"slash_user_install": {Asker: ann, Channel: "1309000000000000081", Size: 500 << 20, UserInst: true},
		"autocomplete": {
			Asker: ann, Channel: "1309000000000000071", Parent: "1309000000000000070", Size: 10 << 20, Guild: true, Thread: true,
			GuildInstalled: true, UserInst: true, BotEdits: true, BotPosts: true,
		},
		"button":          {Asker: ann, Channel: "1309000000000000070", Size: 10 << 20, Guild: true, GuildInstalled: true, BotEdits: true, BotPosts: true, Powers: true},
		"select":          {Asker: ann, Channel: "1309000000000000070", Size: 10 << 20, Guild: true, GuildInstalled: true, BotEdits: true, BotPosts: true},
		"modal_submit":    {Asker: ann, Channel: "1309000000000000070", Size: 10 << 20, Guild: true, GuildInstalled: true, BotEdits: true, BotPosts: true, Powers: true},
		"message_command": {Asker: ann, Channel: "1309000000000000070", Size: 10 << 20, Guild: true, GuildInstalled: true, BotEdits: true, BotPosts: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Now()
			i, err := api.ParseInteraction(sample(t, name), now)
			if err != nil {
				t.Fatal(err)
			}
			got := facts{
				i.Asker().ID, i.ChannelID, i.Parent, i.SizeLimit, i.AgeRestricted, i.InGuild(), i.InBotDM(), i.InThread(),
				i.GuildInstalled(), i.UserInstalled(), i.BotCanEdit(), i.BotCanPost(), i.Moderator(),
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if created := i.Created().UTC().Format(time.DateTime); created != "2024-11-22 06:57:10" || !i.Received.Equal(now) {
				t.Errorf("created %s, received %s", created, i.Received)
			}
			if a := i.Access(); a.App != "1309000000000000010" || a.Token != i.Token || !a.Dies.Equal(i.Created().Add(15*time.Minute)) {
				t.Errorf("access by %+v", a)
			}
		})
	}
}

func TestWhatInteractionsSay(t *testing.T) {
	t.Parallel()
	parse := func(name string) api.Interaction {
		i, err := api.ParseInteraction(sample(t, name), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	if o := parse("slash_guild").ApplicationCommandData().GetOption("seed"); o.IntValue() != 1<<53-1 {
		t.Errorf("the seed is %v", o.Value)
	}
	if a := parse("slash_user_install").ApplicationCommandData().Resolved.Attachments["1309000000000000300"]; a.Size != 91234 {
		t.Errorf("the picture is %+v", a)
	}
	if o := parse("autocomplete").ApplicationCommandData().GetOption("lora"); !o.Focused || o.StringValue() != "det" {
		t.Errorf("the option is %+v", o)
	}
	if b := parse("button"); b.MessageComponentData().CustomID != "d1:vary:AZNSAAAAcAGAAAAAAAAAAA:" || len(b.Message.Attachments) != 1 {
		t.Errorf("the button is %+v", b)
	}
	if v := parse("select").MessageComponentData().Values; len(v) != 1 || v[0] != "flux-dev" {
		t.Errorf("the choice is %v", v)
	}
	label := parse("modal_submit").ModalSubmitData().Components[0].(*discordgo.Label)
	if label.Component.(*discordgo.TextInput).Value != "a lighthouse at dawn" {
		t.Errorf("the input is %+v", label.Component)
	}
	m := parse("message_command").ApplicationCommandData()
	if m.Resolved.Messages[m.TargetID].Attachments[0].Filename != "cat.jpg" {
		t.Errorf("the message is %+v", m.Resolved.Messages)
	}
	if i := parse("slash_guild"); !i.HasRole("1309000000000000200") || i.HasRole("1") || i.HasRole("") {
		t.Error("the roles are wrong")
	}
}

// with changes a sample by its JSON.
func with(t testing.TB, name, path string, value any) []byte {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(sample(t, name), &object); err != nil {
		t.Fatal(err)
	}
	at := object
	keys := strings.Split(path, ".")
	for _, key := range keys[:len(keys)-1] {
		at = at[key].(map[string]any)
	}
	if last := keys[len(keys)-1]; value == nil {
		delete(at, last)
	} else {
		at[last] = value
	}
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

type list = []any
type object = map[string]any

func TestUnknownComponentsDoNotLoseTheInteraction(t *testing.T) {
	t.Parallel()
	radio := object{"type": 21, "custom_id": "r", "value": "a"}
	row := object{"type": 1, "components": list{object{"type": 99}, object{"type": 2, "label": "x", "style": 1, "custom_id": "y"}}}
	for name, raw := range map[string][]byte{
		"in a form": with(t, "modal_submit", "data.components", list{
			object{"type": 18, "component": radio}, radio, object{"type": 18, "component": object{"type": 4, "custom_id": "prompt", "value": "v"}},
		}),
		"in the message":   with(t, "button", "message.components", list{object{"type": 99}, row, nil}),
		"in its container": with(t, "button", "message.components", list{object{"type": 17, "components": list{object{"type": 99}, row}}}),
		"in the target":    with(t, "message_command", "data.resolved.messages.1309000000000000904.components", list{object{"type": 99}}),
		"as an odd field":  with(t, "button", "message.embeds", "none"),
		"in entitlements":  with(t, "button", "entitlements", list{object{"id": 1}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i, err := api.ParseInteraction(raw, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if i.Asker().ID == "" || i.Data == nil {
				t.Errorf("got %+v", i.Interaction)
			}
			if form, ok := i.Data.(discordgo.ModalSubmitInteractionData); ok && len(form.Components) != 1 {
				t.Errorf("the form has %d components", len(form.Components))
			}
			if m := i.Message; m != nil && m.ID == "" {
				t.Errorf("the message is %+v", m)
			}
		})
	}
}

func TestWhatCannotBeAnsweredIsRefused(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string][]byte{
		"nothing":         nil,
		"no JSON":         []byte("x"),
		"no object":       []byte("[]"),
		"null":            []byte("null"),
		"no id":           with(t, "button", "id", nil),
		"an odd id":       with(t, "button", "id", "x"),
		"no token":        with(t, "button", "token", nil),
		"an unknown type": with(t, "button", "type", 99),
		"no data":         with(t, "button", "data", nil),
		"nobody":          with(t, "button", "member", nil),
	} {
		if i, err := api.ParseInteraction(raw, time.Now()); err == nil {
			t.Errorf("%s: got %+v", name, i.Interaction)
		}
	}
}

func TestAPingIsParsed(t *testing.T) {
	t.Parallel()
	i, err := api.ParseInteraction([]byte(`{"id":"1","application_id":"10","type":1,"token":"x","version":1}`), time.Now())
	if err != nil || i.Type != discordgo.InteractionPing || i.Asker() == nil || i.SizeLimit != api.DefaultSizeLimit {
		t.Errorf("got %+v, %v", i, err)
	}
}

func FuzzParseInteraction(f *testing.F) {
	for _, name := range []string{"slash_guild", "slash_user_install", "autocomplete", "button", "select", "modal_submit", "message_command"} {
		f.Add(sample(f, name))
	}
	f.Add([]byte(`{"id":"1","token":"t","type":2,"user":{"id":"5"},"data":{"options":[null,{"options":[null]}],"resolved":{"attachments":{"1":null},"messages":{"1":null}}}}`))
	f.Add([]byte(`{"id":"1","token":"t","type":5,"user":{"id":"5"},"data":{"components":[null,{"type":18},{"type":9,"accessory":null},{"type":1,"components":[null]}]}}`))
	f.Add([]byte(`{"id":"1","token":"t","type":3,"user":{"id":"5"},"data":{},"message":{"attachments":[null],"embeds":[null,{"fields":[null]}]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		i, err := api.ParseInteraction(raw, time.Now())
		if err != nil || i.Type == discordgo.InteractionPing {
			return
		}
		if i.Asker().ID == "" || i.Token == "" || i.SizeLimit <= 0 || i.Created().IsZero() {
			t.Errorf("it lacks what answers need: %+v", i)
		}
		noNils(t, i)
		_ = i.BotCanPost() || i.Moderator() || i.HasRole("1") || i.UserInstalled()
	})
}

func noNils(t *testing.T, i api.Interaction) {
	switch data := i.Data.(type) {
	case discordgo.ApplicationCommandInteractionData:
		data.GetOption("x")
		if data.Resolved != nil {
			for id, a := range data.Resolved.Attachments {
				if a == nil {
					t.Errorf("attachment %s is nil", id)
				}
			}
		}
	case discordgo.ModalSubmitInteractionData:
		for n, c := range data.Components {
			if c == nil {
				t.Errorf("component %d is nil", n)
			}
		}
	}
	if i.Message != nil {
		for n, a := range i.Message.Attachments {
			if a == nil {
				t.Errorf("attachment %d of the message is nil", n)
			}
		}
	}
}
