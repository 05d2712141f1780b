package main

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/source"
	"discomfy/pkg/job"
)

// simToken is what a fake Discord takes for a bot's token unless told
// otherwise.
const simToken = "sim.token"

// Bounds of the flags.
const (
	mostWaiting  = 1000
	maxTellAfter = 24 * time.Hour
	maxShards    = 10_000
)

// discordFlags say how people on Discord are served.
type discordFlags struct {
	Token          string        `name:"discord-token" env:"DISCOMFY_DISCORD_TOKEN,DISCORD_TOKEN" placeholder:"TEXT" help:"The bot's token. Better given by the environment, or in a file."`
	TokenFile      string        `name:"discord-token-file" env:"DISCOMFY_DISCORD_TOKEN_FILE,DISCORD_TOKEN_FILE" type:"path" placeholder:"FILE" help:"File that holds the bot's token."`
	Sim            string        `name:"sim" env:"DISCOMFY_SIM" placeholder:"URL" help:"Fake Discord that is used where there is no token, such as http://127.0.0.1:8090 (discordsim)."`
	API            string        `name:"discord-url" env:"DISCOMFY_DISCORD_URL" placeholder:"URL" help:"A REST proxy to speak to instead of discord.com."`
	Guilds         []string      `name:"guilds" env:"DISCOMFY_DISCORD_GUILDS,DISCORD_GUILDS" placeholder:"ID" help:"The servers that may use the GPU, by their ids; all that the bot was added to when there is none."`
	DirectMessages bool          `name:"direct-messages" env:"DISCOMFY_DIRECT_MESSAGES" help:"Serve direct messages with the bot, too."`
	UserInstall    bool          `name:"user-install" env:"DISCOMFY_USER_INSTALL" help:"Let people install the bot for themselves and use it anywhere."`
	ModeratorRole  string        `name:"moderator-role" env:"DISCOMFY_MODERATOR_ROLE" placeholder:"ID" help:"Role whose members are moderators, as those who may manage messages are."`
	OthersMayClick bool          `name:"others-may-click" env:"DISCOMFY_OTHERS_MAY_CLICK" default:"true" negatable:"" help:"Let everybody use the buttons below anybody's picture (on)."`
	MaxWaiting     int           `name:"max-waiting" env:"DISCOMFY_MAX_WAITING" default:"5" placeholder:"N" help:"Jobs that one person may have waiting (${default})."`
	TellAfter      time.Duration `name:"tell-after" env:"DISCOMFY_TELL_AFTER" default:"1m" placeholder:"TIME" help:"After how long a result is a new message that mentions its asker; 0 is never (${default})."`
	Strip          bool          `name:"strip-metadata" env:"DISCOMFY_STRIP_METADATA" help:"Take prompt and graph out of the files that are sent."`
	PublicURL      string        `name:"public-url" env:"DISCOMFY_PUBLIC_URL,PUBLIC_URL" placeholder:"URL" help:"Where --http is reached from outside, with https: files too large for Discord become links."`
	LinkSecret     string        `name:"link-secret" env:"DISCOMFY_LINK_SECRET" placeholder:"TEXT" help:"Signs links, the same for all replicas. Made from the token unless set."`
	Endpoint       bool          `name:"endpoint" env:"DISCOMFY_ENDPOINT" help:"Discord sends interactions to PUBLIC_URL/interactions, instead of through a gateway session."`
	Shard          string        `name:"shard" env:"DISCOMFY_SHARD" default:"0/1" placeholder:"I/N" help:"Share of the servers that this process serves, for bots in thousands of them (${default})."`
	FFmpeg         string        `name:"ffmpeg" env:"DISCOMFY_FFMPEG" default:"ffmpeg" placeholder:"FILE" help:"Program that makes videos fit (${default}); without it they become links or pictures."`
}

// given reports whether there is a Discord to serve.
func (f discordFlags) given() bool { return f.Token != "" || f.TokenFile != "" || f.Sim != "" }

// snowflake is the form of Discord's ids.
var snowflake = regexp.MustCompile(`^[0-9]{15,20}$`)

func (f discordFlags) check() error {
	for _, id := range append([]string{f.ModeratorRole}, f.Guilds...) {
		if id != "" && !snowflake.MatchString(id) {
			return usageError{fmt.Errorf("%q is no id of Discord's: copy it by \"Copy Server ID\", or \"Copy Role ID\", in developer mode", id)}
		}
	}
	if f.Endpoint && f.PublicURL == "" {
		return usageError{errors.New("--endpoint needs --public-url: Discord must reach it")}
	}
	return cmp.Or(between("--max-waiting", f.MaxWaiting, 1, mostWaiting), between("--tell-after", f.TellAfter, 0, maxTellAfter))
}

// token is the bot's, or that of the fake.
func (f discordFlags) token() (string, error) {
	switch {
	case f.Token != "":
		return strings.TrimSpace(f.Token), nil
	case f.TokenFile != "":
		data, err := os.ReadFile(f.TokenFile)
		if err != nil {
			return "", usageError{fmt.Errorf("read the bot's token: %w", err)}
		}
		return strings.TrimSpace(string(data)), nil
	case f.Sim != "":
		return simToken, nil
	}
	return "", usageError{errors.New("there is no bot's token: set DISCORD_TOKEN to the one on the page \"Bot\" of your application in Discord's developer portal")}
}

// base is where Discord is; nil is discord.com.
func (f discordFlags) base() (*url.URL, error) {
	address := f.API
	if address == "" && f.Token == "" && f.TokenFile == "" {
		address = f.Sim
	}
	if address == "" {
		return nil, nil
	}
	return parseURL("--discord-url, or --sim,", address)
}

func parseURL(flag, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, usageError{fmt.Errorf("%s %q: want an address such as https://pictures.example.org", flag, address)}
	}
	return u, nil
}

// client speaks to Discord.
func (f discordFlags) client(log *slog.Logger) (*api.Client, string, error) {
	token, err := f.token()
	if err != nil {
		return nil, "", err
	}
	base, err := f.base()
	if err != nil {
		return nil, "", err
	}
	c, err := api.New(api.Config{Token: token, Base: base, Log: log})
	if err != nil {
		return nil, "", usageError{err}
	}
	return c, token, nil
}

// config makes the settings of an ingress, but for its connections.
func (f discordFlags) config(token string) (discord.Config, error) {
	shard, err := parseShard(f.Shard)
	if err != nil {
		return discord.Config{}, err
	}
	c := discord.Config{
		Endpoint: f.Endpoint, Gateway: source.GatewayConfig{Shard: shard},
		Guilds: f.Guilds, DirectMessages: f.DirectMessages, UserInstall: f.UserInstall,
		ModeratorRole: f.ModeratorRole, OthersMayClick: f.OthersMayClick, MaxWaiting: f.MaxWaiting,
		TellAfter: f.TellAfter, Strip: f.Strip, Secrets: [][]byte{f.secret(token)},
	}
	if f.TellAfter == 0 {
		c.TellAfter = -1
	}
	if f.PublicURL != "" {
		if c.PublicURL, err = parseURL("--public-url", f.PublicURL); err != nil {
			return discord.Config{}, err
		}
	}
	c.FFmpeg, _ = exec.LookPath(f.FFmpeg) // without it videos are sent otherwise
	return c, nil
}

// parseShard reads i/n, with 0 ≤ i < n.
func parseShard(text string) (source.Shard, error) {
	first, second, ok := strings.Cut(text, "/")
	i, err := strconv.Atoi(first)
	n, err2 := strconv.Atoi(second)
	if !ok || cmp.Or(err, err2) != nil || i < 0 || i >= n || n > maxShards {
		return source.Shard{}, usageError{fmt.Errorf("--shard %q: want i/n, such as 0/2 and 1/2 for two halves", text)}
	}
	return source.Shard{ID: i, Count: n}, nil
}

// secret is the same on all replicas, which have the same token.
func (f discordFlags) secret(token string) []byte {
	mac := hmac.New(sha256.New, []byte(cmp.Or(f.LinkSecret, token)))
	_, _ = mac.Write([]byte("discomfy links"))
	return mac.Sum(nil)
}

// ingressProcess is an ingress that lacks only its NATS connection.
type ingressProcess struct {
	config discord.Config
	listen string // address of its HTTP server; "" is none
	log    *slog.Logger
}

func newIngress(queue job.Queue, f discordFlags, listen string, log *slog.Logger) (*ingressProcess, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	client, token, err := f.client(log)
	if err != nil {
		return nil, err
	}
	c, err := f.config(token)
	if err != nil {
		return nil, err
	}
	if c.FFmpeg == "" {
		log.Warn("there is no ffmpeg: videos that Discord does not take are sent as links or pictures", slog.String("looked_for", f.FFmpeg))
	}
	c.Client, c.Queue, c.Log = client, queue, log
	c.Name, _ = os.Hostname() // only shown
	c.Version = version()
	return &ingressProcess{config: c, listen: listen, log: log}, nil
}

// run serves people until ctx ends.
func (p *ingressProcess) run(ctx context.Context, b *broker.Broker) error {
	c := p.config
	c.Broker = b
	in, err := discord.New(c)
	if err != nil {
		return fmt.Errorf("start the ingress: %w", err)
	}
	return beside(ctx, in.Run, func(ctx context.Context) error { return p.serveHTTP(ctx, in, b) })
}
