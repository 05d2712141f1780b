// Command discordsim serves a fake Discord, for people: to try the project, or a bot of one's own, in a page instead
// of a channel.
package main

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/sync/errgroup"

	"discomfy/pkg/discord/discordsim"
)

type cli struct {
	Addr      string        `default:"127.0.0.1:8090" help:"Address to listen on; port 0 takes a free one."`
	URL       string        `name:"url" placeholder:"URL" help:"Address under which bots reach this server; that of --addr unless set."`
	Token     string        `default:"sim.token" env:"DISCORD_TOKEN" help:"The bot's token."`
	App       uint64        `placeholder:"ID" help:"The application's id; made unless set."`
	Name      string        `default:"Discomfy" help:"The application's name."`
	Key       string        `placeholder:"HEX" help:"Seed of the key that signs HTTP interactions, 64 hexadecimal digits; drawn unless set."`
	Endpoint  string        `placeholder:"URL" help:"Interactions endpoint of the application: people's interactions go there, signed, and not to the gateway."`
	Tier      int           `default:"0" help:"Boost tier of the server, 0 to 3: files of 10, 10, 50 or 100 MiB."`
	Limit     []string      `placeholder:"NAME=VALUE" help:"Change one of Discord's limits, as in edit=5/5s, old-edit=3/6s, token=5/2s, ack=3s. May be given again."`
	Heartbeat time.Duration `default:"41.25s" help:"The gateway's heartbeat interval."`
	Dir       string        `type:"path" help:"Folder of attachments; in memory unless set."`
	Debug     bool          `help:"Log more."`

	ByHost  bool   `group:"tests" help:"Bots find the gateway at the host by which they asked for it, for proxies in between."`
	Control string `group:"tests" placeholder:"ADDR" help:"Address of a second server, by which this Discord is broken and mended."`
	Journal string `group:"tests" type:"path" placeholder:"FILE" help:"File to which everything that happens is appended, a JSON object a line."`
}

func main() {
	var c cli
	k := kong.Parse(&c, kong.Description("A fake Discord: REST, gateway, signed interactions, and a page with a channel for people. It keeps Discord's rules and says who breaks them."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	k.FatalIfErrorf(c.serve(ctx, os.Stdout))
}

// serve prints its address and serves until ctx ends.
func (c cli) serve(ctx context.Context, out io.Writer) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	journal, err := openRecord(c.Journal)
	if err != nil {
		return err
	}
	if journal != nil {
		cfg.Observe = journal.Observe
	}
	l, err := discordsim.Listen(ctx, c.Addr)
	if err != nil {
		return err
	}
	s, err := discordsim.New(cfg)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if journal != nil {
		journal.Attach(s)
	}
	s.Populate(c.Tier)
	fmt.Fprintf(out, "Discord (fake): http://%s\n", l.Addr())
	fmt.Fprintf(out, "  for discomfy ingress: DISCOMFY_SIM=http://%s DISCORD_TOKEN=%s\n", l.Addr(), c.Token)
	fmt.Fprintf(out, "  application %s, public key %s\n", s.App().ID, s.App().VerifyKey)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return discordsim.Serve(ctx, l, s) })
	g.Go(func() error { return c.attend(ctx, s, journal) })
	if c.Endpoint != "" {
		g.Go(func() error { return insist(ctx, s, c.Endpoint, cfg.Log) })
	}
	return g.Wait()
}

// config makes of the flags what a server wants.
func (c cli) config() (discordsim.Config, error) {
	level := slog.LevelInfo
	if c.Debug {
		level = slog.LevelDebug
	}
	limits, err := limitsOf(c.Limit)
	if err != nil {
		return discordsim.Config{}, err
	}
	key, err := keyOf(c.Key)
	if err != nil {
		return discordsim.Config{}, err
	}
	if c.Tier < 0 || c.Tier > 3 {
		return discordsim.Config{}, fmt.Errorf("tier %d: want 0 to 3", c.Tier)
	}
	return discordsim.Config{
		Token: c.Token, App: discordsim.ID(c.App), Name: c.Name, URL: c.URL, ByHost: c.ByHost, Key: key, Dir: c.Dir, Limits: limits,
		Gateway: discordsim.GatewayConfig{Heartbeat: c.Heartbeat},
		Log:     slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})),
	}, nil
}

func keyOf(seed string) (ed25519.PrivateKey, error) {
	if seed == "" {
		return nil, nil
	}
	b, err := hex.DecodeString(seed)
	if err != nil || len(b) != ed25519.SeedSize {
		return nil, fmt.Errorf("key: want %d hexadecimal digits", 2*ed25519.SeedSize)
	}
	return ed25519.NewKeyFromSeed(b), nil
}

// insist sets the endpoint as soon as it passes Discord's test: the ingress may start later than its Discord.
func insist(ctx context.Context, s *discordsim.Server, url string, log *slog.Logger) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for said := ""; ; {
		err := s.SetEndpoint(ctx, url)
		if err == nil {
			log.InfoContext(ctx, "interactions go to the endpoint", "url", url)
			return nil
		}
		if err.Error() != said {
			said = err.Error()
			log.WarnContext(ctx, "the endpoint is not taken yet", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
