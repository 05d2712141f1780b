package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"syscall"

	"golang.org/x/sync/errgroup"

	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded"
	"discomfy/pkg/job"
)

type upCommand struct {
	Data   string `name:"data" env:"DISCOMFY_DATA" default:"${data}" type:"path" placeholder:"DIR" help:"Folder for the jobs, states and files that NATS keeps (${default})."`
	Listen string `name:"listen" env:"DISCOMFY_LISTEN" default:"127.0.0.1:4222" placeholder:"ADDR" help:"Where NATS listens (${default})."`
	queueFlag
	maxJobsFlag
	comfyFlags   `group:"comfyui"`
	bridgeFlags  `group:"bridge"`
	HTTP         string `name:"http" env:"DISCOMFY_HTTP" default:"127.0.0.1:8080" placeholder:"ADDR" help:"Where the ingress answers /healthz, /readyz, links and Discord's requests (${default})." group:"discord"`
	discordFlags `group:"discord"`
	logFlags     `group:"log"`
}

// Help is what `up --help` adds.
func (upCommand) Help() string {
	return `Starts a NATS JetStream server inside the process, keeps its data in a fixed folder, sets it up and
serves one queue. "discomfy submit" and the NATS CLI find it without further flags. ComfyUI may come
and go: jobs wait meanwhile. With a bot's token it serves people on Discord, too.

Example: DISCORD_TOKEN=… discomfy up --comfyui http://gpu-host:8188` + exitCodes(
		"0    a signal stopped it, in order", code1, code2, "130  a second signal ended it at once")
}

// Run starts NATS and the bridge, and stops them in the opposite order.
func (c *upCommand) Run(ctx context.Context, s *session) error {
	if err := cmp.Or(checkListen(c.Listen), c.maxJobsFlag.check(), c.bridgeFlags.check()); err != nil {
		return err
	}
	log := s.logger(c.logFlags, s.stderr)
	b, err := c.bridge(log)
	if err != nil {
		return err
	}
	people, err := c.ingress(b.queue, log)
	if err != nil {
		return err
	}
	if err := free(c.Listen); err != nil {
		return err
	}
	if err := makeData(c.Data); err != nil {
		return err
	}
	holds := broker.InitConfig{Queues: []job.Queue{b.queue}, MaxJobs: c.MaxJobs, Discord: people != nil}
	return withNATS(ctx, embedded.Config{Dir: filepath.Join(c.Data, "nats"), Addr: c.Listen, Log: log}, holds,
		func(ctx context.Context, n *localNATS) error {
			if !isLoopback(c.Listen) {
				log.WarnContext(ctx, "NATS is open to other machines, without a password", slog.String("listen", c.Listen))
			}
			log.InfoContext(ctx, "NATS listens", slog.String("url", n.server.ClientURL()), slog.String("data", c.Data))
			if people == nil {
				return b.run(ctx, n.broker)
			}
			return beside(ctx, func(ctx context.Context) error { return people.run(ctx, n.broker) },
				func(ctx context.Context) error { return b.run(ctx, n.broker) })
		})
}

// ingress is nil where there is no Discord to serve.
func (c *upCommand) ingress(queue job.Queue, log *slog.Logger) (*ingressProcess, error) {
	if !c.discordFlags.given() {
		return nil, nil
	}
	return newIngress(queue, c.discordFlags, c.HTTP, log)
}

func (c *upCommand) bridge(log *slog.Logger) (*bridgeProcess, error) {
	queue, err := c.queueFlag.parse()
	if err != nil {
		return nil, err
	}
	return newBridge(queue, c.comfyFlags, c.bridgeFlags, log)
}

// isLoopback reports whether only this machine reaches an address.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
}

// free tells early, and in words, that an address is taken.
func free(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		return l.Close()
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Err != nil {
		err = e.Err
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("cannot listen on %s (%w): is another `discomfy up` or NATS server running? Choose another address with --listen", addr, err)
	}
	return fmt.Errorf("cannot listen on %s (%w): choose another address with --listen", addr, err)
}

// localNATS is a NATS server inside this process, set up and connected to.
type localNATS struct {
	server *embedded.Server
	broker *broker.Broker
}

// withNATS runs a function beside a NATS server of its own, and stops the
// server when the function has returned.
func withNATS(ctx context.Context, c embedded.Config, holds broker.InitConfig, run func(context.Context, *localNATS) error) error {
	server, err := embedded.Start(c)
	if err != nil {
		return fmt.Errorf("start NATS: %w", err)
	}
	defer server.Shutdown()
	group, ctx := errgroup.WithContext(ctx)
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	group.Go(func() error { return server.Run(serving) })
	group.Go(func() error {
		defer stop() // NATS stops last
		b, err := setUp(ctx, server, holds, c.Log)
		if err != nil {
			return err
		}
		defer b.Close()
		return run(ctx, &localNATS{server, b})
	})
	return group.Wait()
}

// setUp connects to the server in this process and creates what it must hold.
// Nobody else can hold the lease of its queue.
func setUp(ctx context.Context, server *embedded.Server, holds broker.InitConfig, log *slog.Logger) (*broker.Broker, error) {
	b, err := broker.Connect(ctx, broker.Config{InProcess: server, Name: "discomfy-up/" + string(holds.Queues[0]), Seize: true, Log: log})
	if err != nil {
		return nil, err
	}
	if err := b.Init(ctx, holds); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}
