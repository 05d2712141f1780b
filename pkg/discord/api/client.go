package api

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"
	"golang.org/x/sync/semaphore"
)

// bodiesInMemory bounds what the files of all requests take at one time, in bytes.
const bodiesInMemory = 5 * RequestLimit

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
type Client struct {
	token     string
	base      *url.URL
	log       *slog.Logger
	now       func() time.Time
	transport http.RoundTripper
	rest      *discordgo.Session // for all calls; its own limits are never asked
	files     *http.Client       // for Fetch: without the bot's token
	bodies    *semaphore.Weighted
	limits    limits
	dead      graveyard
	counts    counts
}

// New checks the configuration; it does not speak to Discord yet.
func New(c Config) (*Client, error) {
	token := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(c.Token)+" ", "Bot "))
	if token == "" {
		return nil, errors.New("there is no bot token: copy it from the Bot page of the application")
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the bot token holds characters that no token has: copy it again")
	}
	if c.Base != nil && (c.Base.Host == "" || (c.Base.Scheme != "http" && c.Base.Scheme != "https")) {
		return nil, fmt.Errorf("the address of Discord must be http://host or https://host, not %q", c.Base)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	raw := newTransport()
	client := &Client{
		token:     "Bot " + token,
		base:      c.Base,
		log:       cmp.Or(c.Log, slog.New(slog.DiscardHandler)),
		now:       c.Now,
		transport: &transport{next: raw, base: c.Base},
		bodies:    semaphore.NewWeighted(bodiesInMemory),
	}
	client.rest = client.Session()
	client.files = &http.Client{Transport: raw, CheckRedirect: client.checkRedirect}
	return client, nil
}

// Session is a fresh discordgo session that reaches Discord as the Client does. It is
// for the gateway; every call makes another one. It keeps no state, writes no log,
// calls handlers one after another, and neither retries nor reconnects by itself.
func (c *Client) Session() *discordgo.Session {
	s, _ := discordgo.New(c.token) // has no way to fail
	s.Client = &http.Client{
		Transport:     c.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.StateEnabled = false
	s.SyncEvents = true
	s.ShouldReconnectOnError = false
	s.ShouldReconnectVoiceOnSessionError = false
	s.ShouldRetryOnRateLimit = false
	s.MaxRestRetries = 0
	s.LogLevel = -1 // it writes to the process's global logger
	s.Identify.Intents = discordgo.IntentsNone
	return s
}

// Now is the time by which the Client judges tokens.
func (c *Client) Now() time.Time { return c.now() }

// Close drops the idle connections.
func (c *Client) Close() { c.files.CloseIdleConnections(); c.rest.Client.CloseIdleConnections() }
