package api_test

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/discordsim/spec"
)

func card() api.Message {
	return api.Message{
		Content: "hi", Embeds: []*discordgo.MessageEmbed{{Title: "card"}, nil},
		Components: []discordgo.MessageComponent{discordgo.ActionsRow{Components: []discordgo.MessageComponent{
			discordgo.Button{Label: "Cancel", Style: discordgo.DangerButton, CustomID: "d1:cancel:x:"},
		}}},
	}
}

const (
	cardEmbeds  = `"embeds":[{"title":"card"}]`
	cardButtons = `"components":[{"type":1,"components":[{"type":2,"label":"Cancel","style":4,"disabled":false,"custom_id":"d1:cancel:x:"}]}]`
	nobody      = `"allowed_mentions":{"parse":[],"replied_user":false}`
)

func file(name, body string) api.File {
	return api.File{Name: name, Size: int64(len(body)), Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(body)), nil
	}}
}

// calls are all that send a body, with what the body must be.
var calls = []struct {
	name   string
	call   func(context.Context, *api.Client, api.Interaction) error
	method string
	path   string // {i} is the interaction's id
	query  string
	want   string
}{
	{
		name: "a reply",
		call: func(ctx context.Context, c *api.Client, i api.Interaction) error {
			_, err := c.Reply(ctx, i, card())
			return err
		},
		method: "POST", path: "/api/v9/interactions/{i}/secret_token/callback", query: "with_response=true",
		want: `{"type":4,"data":{"content":"hi",` + cardEmbeds + `,` + cardButtons + `,` + nobody + `}}`,
	},
	{
		name: "an ephemeral reply of words",
		call: func(ctx context.Context, c *api.Client, i api.Interaction) error {
			_, err := c.Reply(ctx, i, api.Message{Content: "no", Ephemeral: true})
			return err
		},
		method: "POST", path: "/api/v9/interactions/{i}/secret_token/callback", query: "with_response=true",
		want: `{"type":4,"data":{"content":"no","flags":64,` + nobody + `}}`,
	},
	{
		name: "a deferred answer",
		call: func(ctx context.Context, c *api.Client, i api.Interaction) error {
			_, err := c.Defer(ctx, i, false)
			return err
		},
		method: "POST", path: "/api/v9/interactions/{i}/secret_token/callback", query: "with_response=true",
		want: `{"type":5}`,
	},
	{
		name: "a deferred ephemeral answer",
		call: func(ctx context.Context, c *api.Client, i api.Interaction) error {
			_, err := c.Defer(ctx, i, true)
			return err
		},
		method: "POST", path: "/api/v9/interactions/{i}/secret_token/callback", query: "with_response=true",
		want: `{"type":5,"data":{"flags":64}}`,
	},
	{
		name:   "a deferred update",
		call:   func(ctx context.Context, c *api.Client, i api.Interaction) error { return c.DeferUpdate(ctx, i) },
		method: "POST", path: "/api/v9/interactions/{i}/secret_token/callback", query: "with_response=true",
		want: `{"type":6}`,
	},
	{
		name: "an update that takes all away",
		call: func(ctx context.Context, c *api.Client, i api.Interaction) error {
			return c.Update(ctx, i, api.Message{Content: "done"})
		},
		method: "POST", path: "/api/v9/interactions/{i}/secret_token/callback", query: "with_response=true",
		want: `{"type":7,"data":{"content":"done","embeds":[],"components":[],"attachments":[],` + nobody + `}}`,
	},
	{
		name:   "no suggestions",
		call:   func(ctx context.Context, c *api.Client, i api.Interaction) error { return c.Suggest(ctx, i, nil) },
		method: "POST", path: "/api/v9/interactions/{i}/secret_token/callback", query: "with_response=true",
		want: `{"type":8,"data":{"choices":[]}}`,
	},
	{
		name: "suggestions",
		call: func(ctx context.Context, c *api.Client, i api.Interaction) error {
			return c.Suggest(ctx, i, []*discordgo.ApplicationCommandOptionChoice{{Name: "Flux", Value: "flux"}})
		},
		method: "POST", path: "/api/v9/interactions/{i}/secret_token/callback", query: "with_response=true",
		want: `{"type":8,"data":{"choices":[{"name":"Flux","value":"flux"}]}}`,
	},
	{
		name: "a form",
		call: func(ctx context.Context, c *api.Client, i api.Interaction) error {
			return c.Ask(ctx, i, api.Modal{ID: "d1:redo:x:", Title: "Redo", Components: []discordgo.MessageComponent{
				discordgo.Label{Label: "Prompt", Component: discordgo.TextInput{CustomID: "prompt", Style: discordgo.TextInputParagraph}},
			}})
		},
		method: "POST", path: "/api/v9/interactions/{i}/secret_token/callback", query: "with_response=true",
		want: `{"type":9,"data":{"custom_id":"d1:redo:x:","title":"Redo","components":[
			{"type":18,"label":"Prompt","component":{"type":4,"custom_id":"prompt","style":2}}]}}`,
	},
	{
		name: "an edit by token",
		call: func(ctx context.Context, c *api.Client, i api.Interaction) error {
			m := card()
			m.Ephemeral = true // cannot be changed by an edit
			_, err := c.EditOriginal(ctx, i.Access(), m)
			return err
		},
		method: "PATCH", path: "/api/v9/webhooks/10/secret_token/messages/@original",
		want: `{"content":"hi",` + cardEmbeds + `,` + cardButtons + `,"attachments":[],` + nobody + `}`,
	},
	{
		name: "an edit by the bot that keeps one file and adds one",
		call: func(ctx context.Context, c *api.Client, _ api.Interaction) error {
			f := file("a.png", "bytes")
			f.Description = "a cat"
			_, err := c.Edit(ctx, "70", "900", api.Message{Files: []api.File{f}, Keep: []string{"1234567890123456789"}})
			return err
		},
		method: "PATCH", path: "/api/v9/channels/70/messages/900",
		want: `{"content":"","embeds":[],"components":[],"attachments":[{"id":"1234567890123456789"},{"id":"0","filename":"a.png","description":"a cat"}],` + nobody + `}`,
	},
	{
		name: "another answer with a mention",
		call: func(ctx context.Context, c *api.Client, i api.Interaction) error {
			_, err := c.Followup(ctx, i.Access(), api.Message{Content: "<@5> done", Mention: []string{"5", "5"}})
			return err
		},
		method: "POST", path: "/api/v9/webhooks/10/secret_token", query: "wait=true",
		want: `{"content":"<@5> done","allowed_mentions":{"parse":[],"users":["5"],"replied_user":false}}`,
	},
	{
		name: "an edit of another answer",
		call: func(ctx context.Context, c *api.Client, i api.Interaction) error {
			_, err := c.EditFollowup(ctx, i.Access(), "901", api.Message{Content: "x"})
			return err
		},
		method: "PATCH", path: "/api/v9/webhooks/10/secret_token/messages/901",
		want: `{"content":"x","embeds":[],"components":[],"attachments":[],` + nobody + `}`,
	},
	{
		name: "a new message",
		call: func(ctx context.Context, c *api.Client, _ api.Interaction) error {
			_, err := c.Post(ctx, "70", api.Message{Content: "<@5>", Mention: []string{"5"}, ReplyTo: "900", Nonce: "n1", Ephemeral: true})
			return err
		},
		method: "POST", path: "/api/v9/channels/70/messages",
		want: `{"content":"<@5>","allowed_mentions":{"parse":[],"users":["5"],"replied_user":false},
			"message_reference":{"message_id":"900","fail_if_not_exists":false},"nonce":"n1","enforce_nonce":true}`,
	},
	{
		name: "the direct messages",
		call: func(ctx context.Context, c *api.Client, _ api.Interaction) error {
			_, err := c.DM(ctx, "5")
			return err
		},
		method: "POST", path: "/api/v9/users/@me/channels",
		want: `{"recipient_id":"5"}`,
	},
}

func TestBodies(t *testing.T) {
	t.Parallel()
	discord, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range calls {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, ok)
			i := interaction(t)
			if err := c.call(t.Context(), f.client(t), i); err != nil {
				t.Fatal(err)
			}
			r := f.all()[0]
			path := strings.ReplaceAll(c.path, "{i}", i.ID)
			if r.Method != c.method || r.Path != path || r.Query != c.query {
				t.Errorf("called %s %s?%s, want %s %s?%s", r.Method, r.Path, r.Query, c.method, path, c.query)
			}
			if r.Auth != "Bot bot.token" {
				t.Errorf("authorization %q", r.Auth)
			}
			sameJSON(t, r.Body, c.want)
			for _, wrong := range discord.Check(r.Method, r.Path, r.Type, r.Raw) {
				t.Errorf("discord's specification: %s", wrong)
			}
		})
	}
}

func TestFilesAreUploadedAsAForm(t *testing.T) {
	t.Parallel()
	f := newFake(t, ok)
	odd := file(`../"ä b".png`, "second")
	odd.Spoiler, odd.Type = true, "image/png"
	_, err := f.client(t).EditOriginal(t.Context(), token(time.Now(), 0), api.Message{
		Files: []api.File{file("a.mp4", "first"), odd},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := f.all()[0]
	want := []part{
		{"files[0]", "a.mp4", "application/octet-stream", "first"},
		{"files[1]", "SPOILER_____b_.png", "image/png", "second"},
	}
	if diff := cmp.Diff(want, r.Files); diff != "" {
		t.Error(diff)
	}
	var body struct {
		Attachments []struct{ ID, Filename string }
	}
	if err := json.Unmarshal(r.Body, &body); err != nil {
		t.Fatal(err)
	}
	for n, a := range body.Attachments {
		if a.Filename != want[n].Name {
			t.Errorf("attachment %s is called %q, its file %q", a.ID, a.Filename, want[n].Name)
		}
	}
}
