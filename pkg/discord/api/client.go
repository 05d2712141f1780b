package api

import (
	"log/slog"
	"net/url"
	"time"

	"github.com/bwmarrin/discordgo"
)

// Config says how Discord is reached.
type Config struct {
	// Token is the bot's token, without the word Bot before it.
	Token string
	// Base replaces scheme and host of every call: a fake Discord, or a proxy before
	// the real one. Nil means discord.com.
	Base *url.URL
	// Log defaults to nowhere.
	Log *slog.Logger
	// Now defaults to time.Now. It tells the age of tokens and messages; rate limits
	// run by the real clock.
	Now func() time.Time
}

// Client speaks to Discord. See the package comment.
type Client struct{}

// New checks the configuration; it does not speak to Discord yet.
func New(c Config) (*Client, error) { panic("stub") }

// Session is a fresh discordgo session that reaches Discord as the Client does. It is
// for the gateway; every call makes another one.
func (c *Client) Session() *discordgo.Session { panic("stub") }

// Now is the time by which the Client judges tokens.
func (c *Client) Now() time.Time { panic("stub") }
