package api

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/bwmarrin/discordgo"
)

// Application is the bot's own.
type Application struct {
	ID, Name string
	Public   bool // anybody may add it to a server
	// Endpoint is the URL to which Discord sends interactions. While it is set, none
	// come through the gateway.
	Endpoint  string
	VerifyKey string // Ed25519, in hexadecimal
	// Permissions and Scopes are those of the default installation link, if it has one.
	Permissions int64
	Scopes      []string
}

// Application reads it. It is also the way to learn whether the bot's token is good:
// the kind Unauthorized says that it is not.
func (c *Client) Application(ctx context.Context) (Application, error) {
	var answer struct {
		ID        string `json:"id"`
		Name      string `json:"name"`
		Public    bool   `json:"bot_public"`
		Endpoint  string `json:"interactions_endpoint_url"`
		VerifyKey string `json:"verify_key"`
		Install   struct {
			Scopes      []string `json:"scopes"`
			Permissions string   `json:"permissions"`
		} `json:"install_params"`
	}
	err := c.do(ctx, call{
		op: "read the application", method: "GET", url: discordgo.EndpointApplication("@me"),
		target: "application", again: true, answers: &answer,
	})
	permissions, _ := strconv.ParseInt(answer.Install.Permissions, 10, 64)
	return Application{
		ID: answer.ID, Name: answer.Name, Public: answer.Public, Endpoint: answer.Endpoint, VerifyKey: answer.VerifyKey,
		Permissions: permissions, Scopes: answer.Install.Scopes,
	}, err
}

// Commands lists the registered commands with their localisations: of a guild, or the
// global ones where guild is empty.
func (c *Client) Commands(ctx context.Context, app, guild string) ([]*discordgo.ApplicationCommand, error) {
	return c.commands(ctx, "list the commands", "GET", app, guild, nil)
}

// PutCommands replaces them all, and returns them as Discord has them now.
func (c *Client) PutCommands(ctx context.Context, app, guild string, commands []*discordgo.ApplicationCommand) ([]*discordgo.ApplicationCommand, error) {
	if commands == nil {
		commands = []*discordgo.ApplicationCommand{}
	}
	body, err := json.Marshal(commands)
	if err != nil {
		return nil, err
	}
	return c.commands(ctx, "register the commands", "PUT", app, guild, body)
}

func (c *Client) commands(ctx context.Context, op, method, app, guild string, body []byte) ([]*discordgo.ApplicationCommand, error) {
	if err := plain(op, app, cmp.Or(guild, "global")); err != nil {
		return nil, err
	}
	url := discordgo.EndpointApplicationGlobalCommands(app)
	if guild != "" {
		url = discordgo.EndpointApplicationGuildCommands(app, guild)
	}
	if method == "GET" {
		url += "?with_localizations=true"
	}
	var answer []*discordgo.ApplicationCommand
	err := c.do(ctx, call{
		op: op, method: method, url: url, ctype: "application/json", body: body,
		target: "commands " + guild, again: true, answers: &answer,
	})
	return answer, err
}

// Budget is what Discord says about connecting to its gateway.
type Budget struct {
	URL            string
	Shards         int // that Discord recommends
	Total          int // sessions that may begin in a day
	Remaining      int // of these, now
	ResetAfter     time.Duration
	MaxConcurrency int // sessions that may begin within five seconds, at least one
}

// Gateway reads it.
func (c *Client) Gateway(ctx context.Context) (Budget, error) {
	var answer struct {
		URL    string `json:"url"`
		Shards int    `json:"shards"`
		Limit  struct {
			Total          int     `json:"total"`
			Remaining      int     `json:"remaining"`
			ResetAfter     float64 `json:"reset_after"` // milliseconds
			MaxConcurrency int     `json:"max_concurrency"`
		} `json:"session_start_limit"`
	}
	err := c.do(ctx, call{
		op: "ask for the gateway", method: "GET", url: discordgo.EndpointGatewayBot,
		target: "gateway", again: true, answers: &answer,
	})
	return Budget{
		URL: answer.URL, Shards: answer.Shards, Total: answer.Limit.Total, Remaining: answer.Limit.Remaining,
		ResetAfter: seconds(answer.Limit.ResetAfter / 1000), MaxConcurrency: max(1, answer.Limit.MaxConcurrency),
	}, err
}
