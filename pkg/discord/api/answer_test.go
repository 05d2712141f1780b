package api_test

import (
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/discord/api"
)

func TestPosted(t *testing.T) {
	t.Parallel()
	const attachment = `{"id":"55","filename":"a.png","url":"https://cdn.discordapp.com/a.png","size":3,"content_type":"image/png"}`
	attachments := []*discordgo.MessageAttachment{{ID: "55", Filename: "a.png", URL: "https://cdn.discordapp.com/a.png", Size: 3, ContentType: "image/png"}}
	for _, c := range []struct {
		name   string
		call   func(*api.Client, api.Interaction) (api.Posted, error)
		answer string
		want   api.Posted
	}{
		{
			name: "a reply brings its message",
			call: func(c *api.Client, i api.Interaction) (api.Posted, error) {
				return c.Reply(t.Context(), i, api.Message{})
			},
			answer: `{"interaction":{"id":"1","type":2,"response_message_id":"900","response_message_ephemeral":true},
				"resource":{"type":4,"message":{"id":"900","channel_id":"71","flags":64,"attachments":[` + attachment + `],"components":[{"type":99}]}}}`,
			want: api.Posted{ID: "900", Channel: "71", Ephemeral: true, Flags: 64, Attachments: attachments},
		},
		{
			name: "a deferred answer brings its id",
			call: func(c *api.Client, i api.Interaction) (api.Posted, error) { return c.Defer(t.Context(), i, true) },
			answer: `{"interaction":{"id":"1","type":2,"response_message_id":"900","response_message_loading":true,"response_message_ephemeral":true},
				"resource":{"type":5}}`,
			want: api.Posted{ID: "900", Channel: "70", Ephemeral: true, Loading: true},
		},
		{
			name:   "a proxy that does not know with_response",
			call:   func(c *api.Client, i api.Interaction) (api.Posted, error) { return c.Defer(t.Context(), i, true) },
			answer: ``,
			want:   api.Posted{Channel: "70"},
		},
		{
			name: "an edit brings its message",
			call: func(c *api.Client, i api.Interaction) (api.Posted, error) {
				return c.EditOriginal(t.Context(), i.Access(), api.Message{})
			},
			answer: `{"id":"900","channel_id":"70","flags":0,"attachments":[` + attachment + `],"edited_timestamp":"2026-01-02T03:04:05.678000+00:00"}`,
			want: api.Posted{
				ID: "900", Channel: "70", Attachments: attachments, Edited: time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC),
			},
		},
		{
			name: "an answer is read as it is now",
			call: func(c *api.Client, i api.Interaction) (api.Posted, error) {
				return c.ReadOriginal(t.Context(), i.Access())
			},
			answer: `{"id":"900","channel_id":"70","edited_timestamp":null}`,
			want:   api.Posted{ID: "900", Channel: "70"},
		},
		{
			name: "a message is read as it is now, whatever its time looks like",
			call: func(c *api.Client, _ api.Interaction) (api.Posted, error) {
				return c.Read(t.Context(), "70", "900")
			},
			answer: `{"id":"900","channel_id":"70","edited_timestamp":"soon"}`,
			want:   api.Posted{ID: "900", Channel: "70"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, always(reply{body: c.answer}))
			got, err := c.call(f.client(t), interaction(t))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGetLeavesUnknownComponentsOut(t *testing.T) {
	t.Parallel()
	f := newFake(t, always(reply{body: `{"id":"900","channel_id":"70","content":"hi","components":[
		{"type":99,"new":true},{"type":1,"components":[{"type":98},{"type":2,"style":1,"label":"a","custom_id":"x"}]}]}`}))
	m, err := f.client(t).Get(t.Context(), "70", "900")
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Components) != 1 || len(m.Components[0].(*discordgo.ActionsRow).Components) != 1 || m.Content != "hi" {
		t.Errorf("got %+v", m)
	}
}

func TestApplication(t *testing.T) {
	t.Parallel()
	f := newFake(t, always(reply{body: `{"id":"10","name":"Discomfy","bot_public":true,"verify_key":"ab",
		"interactions_endpoint_url":"https://a.example/","install_params":{"scopes":["bot"],"permissions":"274878024704"},"new":{}}`}))
	got, err := f.client(t).Application(t.Context())
	want := api.Application{
		ID: "10", Name: "Discomfy", Public: true, Endpoint: "https://a.example/", VerifyKey: "ab",
		Permissions: 274878024704, Scopes: []string{"bot"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if path := f.all()[0].Path; path != "/api/v9/applications/@me" {
		t.Errorf("asked %s", path)
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	f := newFake(t, always(reply{body: `[{"id":"1","name":"queue","type":1,"description":"d","default_member_permissions":null}]`}))
	c := f.client(t)
	list, err := c.Commands(t.Context(), "10", "")
	if err != nil || len(list) != 1 || list[0].Name != "queue" {
		t.Fatalf("got %v, %v", list, err)
	}
	if _, err := c.PutCommands(t.Context(), "10", "7", nil); err != nil {
		t.Fatal(err)
	}
	asked, put := f.all()[0], f.all()[1]
	if asked.Path != "/api/v9/applications/10/commands" || asked.Query != "with_localizations=true" || asked.Method != "GET" {
		t.Errorf("asked %s %s?%s", asked.Method, asked.Path, asked.Query)
	}
	if put.Path != "/api/v9/applications/10/guilds/7/commands" || put.Method != "PUT" || string(put.Body) != "[]" {
		t.Errorf("put %s %s: %s", put.Method, put.Path, put.Body)
	}
}

func TestGatewayBudget(t *testing.T) {
	t.Parallel()
	f := newFake(t, always(reply{body: `{"url":"wss://gateway.discord.gg","shards":1,
		"session_start_limit":{"total":1000,"remaining":999,"reset_after":14400000,"max_concurrency":1}}`}))
	got, err := f.client(t).Gateway(t.Context())
	want := api.Budget{URL: "wss://gateway.discord.gg", Shards: 1, Total: 1000, Remaining: 999, ResetAfter: 4 * time.Hour, MaxConcurrency: 1}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestChannel(t *testing.T) {
	t.Parallel()
	f := newFake(t, always(reply{body: `{"id":"70","guild_id":"7","parent_id":"69","type":11,"nsfw":true}`}))
	got, err := f.client(t).Channel(t.Context(), "70")
	want := api.Channel{ID: "70", Guild: "7", Parent: "69", Type: discordgo.ChannelTypeGuildPublicThread, AgeRestricted: true}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestMember(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		reply reply
		want  bool
		kind  api.Kind
	}{
		"is one":                 {reply{body: `{"user":{"id":"5"},"roles":[]}`}, true, api.Other},
		"is none":                {reply{status: 404, body: `{"code":10007,"message":"Unknown Member"}`}, false, api.Other},
		"is nobody":              {reply{status: 404, body: `{"code":10013,"message":"Unknown User"}`}, false, api.Other},
		"the bot is not there":   {reply{status: 403, body: `{"code":50001,"message":"Missing Access"}`}, false, api.Other},
		"there is no such guild": {reply{status: 404, body: `{"code":10004,"message":"Unknown Guild"}`}, false, api.Other},
		"it is not told":         {reply{body: `{}`}, false, api.Other},
		"Discord is down":        {reply{status: 503}, false, api.Down},
		"the token is wrong":     {reply{status: 401, body: `{"code":0,"message":"401: Unauthorized"}`}, false, api.Unauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, always(test.reply))
			is, err := f.client(t).Member(t.Context(), "7", "5")
			if is != test.want || api.KindOf(err) != test.kind {
				t.Errorf("%v, %v", is, err)
			}
		})
	}
}

func TestDM(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(n int, _ *request) reply {
		return reply{body: []string{`{"id":"80","type":1}`, `{}`}[n]}
	})
	c := f.client(t)
	if id, err := c.DM(t.Context(), "5"); err != nil || id != "80" {
		t.Errorf("got %q, %v", id, err)
	}
	if _, err := c.DM(t.Context(), "5"); api.KindOf(err) != api.Down {
		t.Errorf("without an id: %v", err)
	}
}
