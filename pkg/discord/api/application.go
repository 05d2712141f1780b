package api

import (
	"context"
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
	// Permissions and Scopes are of the default installation link, if it has one.
	Permissions int64
	Scopes      []string
}

// Application reads it.
func (c *Client) Application(ctx context.Context) (Application, error) { panic("stub") }

// Commands lists the registered commands with their localisations: of a guild, or the
// global ones where guild is empty.
func (c *Client) Commands(ctx context.Context, app, guild string) ([]*discordgo.ApplicationCommand, error) {
	panic("stub")
}

// PutCommands replaces them all.
func (c *Client) PutCommands(ctx context.Context, app, guild string, commands []*discordgo.ApplicationCommand) ([]*discordgo.ApplicationCommand, error) {
	panic("stub")
}

// Budget is what Discord says about connecting to its gateway.
type Budget struct {
	URL            string
	Shards         int // that Discord recommends
	Total          int // identifies a day
	Remaining      int
	ResetAfter     time.Duration
	MaxConcurrency int // identifies in five seconds
}

// Gateway reads it.
func (c *Client) Gateway(ctx context.Context) (Budget, error) { panic("stub") }
