package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"discomfy/pkg/broker"
)

type ingressCommand struct {
	queueFlag
	HTTP         string `name:"http" env:"DISCOMFY_HTTP" default:"127.0.0.1:8080" placeholder:"ADDR" help:"Where /healthz, /readyz, links and Discord's requests are answered (${default})." group:"discord"`
	natsFlags    `group:"nats"`
	discordFlags `group:"discord"`
	logFlags     `group:"log"`
}

// Help is what `ingress --help` adds.
func (ingressCommand) Help() string {
	return `Serves people on Discord: registers the commands, turns what they ask for into jobs, and shows what
becomes of them. Start as many as you like, with the same token: each interaction is handled by one, and
another one goes on where one dies. NATS must have been set up with "discomfy init --discord".

Its log says by which address the bot is added to a server.

Example: DISCORD_TOKEN=… discomfy ingress --nats nats://nats:4222 --guilds 81384788765712384` + exitCodes(
		"0    a signal stopped it, in order", code1, code2, code3NATS, "130  a second signal ended it at once")
}

// Run serves people until a signal comes.
func (c *ingressCommand) Run(ctx context.Context, s *session) error {
	queue, err := c.queueFlag.parse()
	if err != nil {
		return err
	}
	log := s.logger(c.logFlags, s.stderr)
	p, err := newIngress(queue, c.discordFlags, c.HTTP, log)
	if err != nil {
		return err
	}
	log.InfoContext(ctx, "connecting to NATS", slog.String("url", c.address()))
	b, err := s.connect(ctx, c.natsFlags, broker.Config{
		Name: "discomfy-ingress/" + cmp.Or(p.config.Name, "ingress"), Role: "ingress", Wait: true, Log: log,
	})
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	defer b.Close()
	err = p.run(ctx, b)
	log.InfoContext(ctx, "stopped")
	return err
}

// healthWithin bounds the question of a health check.
const healthWithin = 3 * time.Second

type healthCommand struct {
	URL string `arg:"" default:"http://127.0.0.1:8080/readyz" help:"What to ask (${default})."`
}

// Help is what `health --help` adds.
func (healthCommand) Help() string {
	return `Asks an ingress how it is, for the health checks of containers that have nothing else to ask with.` +
		exitCodes("0    it is well", "1    it is not, or does not answer")
}

// Run asks once.
func (c *healthCommand) Run(ctx context.Context, s *session) error {
	ctx, cancel := context.WithTimeout(ctx, healthWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL, http.NoBody)
	if err != nil {
		return usageError{err}
	}
	client := http.Client{Timeout: healthWithin}
	answered, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("ask %s: %w", c.URL, err)
	}
	defer answered.Body.Close()
	words, err := io.ReadAll(io.LimitReader(answered.Body, 1<<10))
	if err != nil {
		return fmt.Errorf("ask %s: %w", c.URL, err)
	}
	if answered.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", answered.Status, firstLine(fmt.Errorf("%s", words)))
	}
	s.say("%s", firstLine(fmt.Errorf("%s", words)))
	return nil
}
