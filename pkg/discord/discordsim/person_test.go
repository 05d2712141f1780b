package discordsim_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/discord/discordsim"
)

// sent is the payload of an interaction as it was sent.
func (f *fake) sent(t *testing.T, id discordsim.ID) object {
	t.Helper()
	i := f.Interaction(id)
	if i == nil {
		t.Fatalf("there is no interaction %s", id)
	}
	var p object
	if err := json.Unmarshal(i.Payload, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// generate is a command with every type of option that people fill.
func (f *fake) generate(t *testing.T) {
	t.Helper()
	f.command(t, "generate",
		object{"type": 3, "name": "prompt", "description": "p", "required": true, "min_length": 2, "max_length": 20},
		object{"type": 3, "name": "model", "description": "m", "autocomplete": true},
		object{"type": 3, "name": "aspect", "description": "a", "choices": []object{{"name": "wide", "value": "16:9"}}},
		object{"type": 4, "name": "steps", "description": "s", "min_value": 1, "max_value": 50},
		object{"type": 10, "name": "cfg", "description": "c", "min_value": 0.5},
		object{"type": 5, "name": "private", "description": "p"},
		object{"type": 11, "name": "image", "description": "i"},
		object{"type": 6, "name": "friend", "description": "f"},
	)
}

func TestASlashCommandInAGuild(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	f.generate(t)
	c, _ := f.session(t, nil)
	id, err := f.Invoke(t.Context(), discordsim.Invocation{
		User: f.ann.ID, Channel: f.channel.ID, Command: "generate", Locale: "fr",
		Options: map[string]any{"prompt": "a lighthouse", "steps": int64(20), "cfg": 1.5, "private": true, "friend": f.bob.ID},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := c.next(0, "INTERACTION_CREATE")
	var got object
	if err := json.Unmarshal(p.D, &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range (object{
		"id": id.String(), "type": 2.0, "version": 1.0, "application_id": f.App().ID.String(), "guild_id": f.guild.ID.String(),
		"channel_id": f.channel.ID.String(), "locale": "fr", "guild_locale": "en-US", "context": 0.0,
		"attachment_size_limit": float64(50 << 20), "app_permissions": f.permissionsOfBot(),
		"authorizing_integration_owners": object{"0": f.guild.ID.String(), "1": f.ann.ID.String()}, "entitlements": []any{},
	}) {
		if diff := cmp.Diff(want, got[key]); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	member, _ := got["member"].(object)
	user, _ := member["user"].(object)
	if user["username"] != "ann" || member["permissions"] == "0" || got["user"] != nil {
		t.Errorf("member %v", member)
	}
	data, _ := got["data"].(object)
	want := []any{
		object{"name": "prompt", "type": 3.0, "value": "a lighthouse"}, object{"name": "steps", "type": 4.0, "value": 20.0},
		object{"name": "cfg", "type": 10.0, "value": 1.5}, object{"name": "private", "type": 5.0, "value": true},
		object{"name": "friend", "type": 6.0, "value": f.bob.ID.String()},
	}
	if diff := cmp.Diff(want, data["options"]); diff != "" {
		t.Error(diff)
	}
	resolved, _ := data["resolved"].(object)
	if resolved["users"].(object)[f.bob.ID.String()] == nil || resolved["members"].(object)[f.bob.ID.String()] == nil {
		t.Errorf("resolved %v", resolved)
	}
	f.noViolations(t)
}

func (f *fake) permissionsOfBot() string {
	b, _ := json.Marshal(uint64(f.Permissions(f.App().Bot, f.channel.ID)))
	return string(b)
}

func TestTheClientRefusesWhatItWouldNotSend(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	f.generate(t)
	f.register(t, f.guild.ID, object{"name": "prune", "description": "p", "default_member_permissions": "8192"})
	f.register(t, 0, object{"name": "direct", "description": "d", "contexts": []int{1}})
	f.register(t, 0, object{"name": "adult", "description": "d", "nsfw": true})
	f.register(t, 0, object{"name": "queue", "description": "d", "options": []object{{"type": 1, "name": "show", "description": "s"}}})
	small := discordsim.Upload{Name: "a.png", Data: make([]byte, 1)}
	for name, c := range map[string]struct {
		command string
		options map[string]any
		want    string
	}{
		"an unknown command":         {"nothing", nil, "no such command"},
		"an unknown option":          {"generate", map[string]any{"prompt": "abc", "colour": "red"}, `no option "colour"`},
		"a missing option":           {"generate", nil, `"prompt" is required`},
		"too short":                  {"generate", map[string]any{"prompt": "a"}, "at least 2"},
		"too long":                   {"generate", map[string]any{"prompt": strings.Repeat("ä", 21)}, "at most 20"},
		"a number for a text":        {"generate", map[string]any{"prompt": 1}, "no text"},
		"a text for a number":        {"generate", map[string]any{"prompt": "abc", "steps": "20"}, "no number"},
		"a fraction":                 {"generate", map[string]any{"prompt": "abc", "steps": 1.5}, "whole number"},
		"too many":                   {"generate", map[string]any{"prompt": "abc", "steps": 51}, "at most 50"},
		"too few":                    {"generate", map[string]any{"prompt": "abc", "cfg": 0.1}, "at least 0.5"},
		"beyond 2^53":                {"generate", map[string]any{"prompt": "abc", "cfg": 1e16}, "2^53"},
		"none of the choices":        {"generate", map[string]any{"prompt": "abc", "aspect": "1:1"}, "none of the choices"},
		"neither true nor false":     {"generate", map[string]any{"prompt": "abc", "private": "yes"}, "neither true nor false"},
		"no file":                    {"generate", map[string]any{"prompt": "abc", "image": "a.png"}, "no file"},
		"a file as a text":           {"generate", map[string]any{"prompt": small}, "no text"},
		"a file that is too large":   {"generate", map[string]any{"prompt": "abc", "image": discordsim.Upload{Name: "a.png", Data: make([]byte, 50<<20+1)}}, "are allowed"},
		"somebody unknown":           {"generate", map[string]any{"prompt": "abc", "friend": discordsim.ID(5)}, "there is no 5"},
		"without the permission":     {"prune", nil, "without its permissions"},
		"in another context":         {"direct", nil, "not offered in this context"},
		"where minors are":           {"adult", nil, "age-restricted"},
		"without its sub-command":    {"queue", nil, "sub-command is required"},
		"with a sub-command unknown": {"queue hide", nil, `no sub-command "hide"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := f.Invoke(t.Context(), discordsim.Invocation{User: f.bob.ID, Channel: f.channel.ID, Command: c.command, Options: c.options})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// Who sees a command where, by whose installation, and what the payload says of it.
func TestPlaces(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	f.register(t, 0, object{"name": "both", "description": "b", "integration_types": []int{0, 1}, "contexts": []int{0, 1, 2}})
	f.register(t, 0, object{"name": "guilds", "description": "g", "integration_types": []int{0}})
	absent := f.AddGuild(discordsim.NewGuild{Name: "Elsewhere", Absent: true})
	foreign := f.AddChannel(discordsim.NewChannel{Guild: absent.ID, Name: "foreign"})
	private := f.AddChannel(discordsim.NewChannel{People: []discordsim.ID{f.ann.ID, f.bob.ID}})
	const files, emoji = 1<<14 | 1<<15 | 1<<17, 1 << 18
	for name, c := range map[string]struct {
		user        discordsim.ID
		channel     discordsim.ID
		command     string
		refused     bool
		context     float64
		owners      object
		permissions uint64 // 0: any
	}{
		"a guild, by both":                  {user: f.ann.ID, channel: f.channel.ID, command: "both", owners: object{"0": f.guild.ID.String(), "1": f.ann.ID.String()}},
		"a guild, by the guild":             {user: f.bob.ID, channel: f.channel.ID, command: "both", owners: object{"0": f.guild.ID.String()}},
		"a guild without the bot":           {user: f.ann.ID, channel: foreign.ID, command: "both", owners: object{"1": f.ann.ID.String()}},
		"nobody installed it":               {user: f.bob.ID, channel: foreign.ID, command: "both", refused: true},
		"a guild's command elsewhere":       {user: f.ann.ID, channel: foreign.ID, command: "guilds", refused: true},
		"the bot's DM, by both":             {user: f.ann.ID, command: "both", context: 1, owners: object{"0": "0", "1": f.ann.ID.String()}, permissions: files | emoji},
		"the bot's DM":                      {user: f.bob.ID, command: "guilds", context: 1, owners: object{"0": "0"}, permissions: files | emoji},
		"a DM of two people":                {user: f.ann.ID, channel: private.ID, command: "both", context: 2, owners: object{"1": f.ann.ID.String()}, permissions: files},
		"a DM of two people, not installed": {user: f.bob.ID, channel: private.ID, command: "both", refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, err := f.Invoke(t.Context(), discordsim.Invocation{User: c.user, Channel: c.channel, Command: c.command})
			if c.refused {
				if err == nil {
					t.Error("it was sent")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			p := f.sent(t, id)
			if diff := cmp.Diff(c.owners, p["authorizing_integration_owners"]); diff != "" || p["context"] != c.context {
				t.Errorf("context %v, owners %s", p["context"], diff)
			}
			if got, _ := json.Marshal(c.permissions); c.permissions != 0 && p["app_permissions"] != string(got) {
				t.Errorf("app_permissions %v", p["app_permissions"])
			}
			if inGuild := c.context == 0; (p["member"] != nil) != inGuild || (p["user"] == nil) != inGuild || (p["guild"] != nil) != inGuild {
				t.Errorf("payload %v", p)
			}
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	f.command(t, "ping")
	id := f.invoke(t, "ping")
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := f.Answer(short, id); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("within three seconds: %v", err)
	}
	seen := f.Subscribe(16)
	defer seen.Close()
	f.Advance(3100 * time.Millisecond)
	i, err := f.Answer(t.Context(), id)
	if !errors.Is(err, discordsim.ErrFailed) || !i.Failed() || i.Waited() != 0 {
		t.Errorf("after three seconds: %+v, %v", i, err)
	}
	if e := <-seen.C; e.Kind != discordsim.InteractionFailed || e.Interaction.ID != id {
		t.Errorf("event %+v", e)
	}
	if _, err := f.Answer(t.Context(), 5); err == nil {
		t.Error("an unknown interaction has an answer")
	}
	f.noViolations(t)
}
