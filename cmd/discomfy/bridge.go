package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"

	"discomfy/pkg/bridge"
	"discomfy/pkg/broker"
	"discomfy/pkg/comfy"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

type bridgeCommand struct {
	queueFlag
	natsFlags   `group:"nats"`
	comfyFlags  `group:"comfyui"`
	bridgeFlags `group:"bridge"`
	leaseFlag   `group:"bridge"`
	logFlags    `group:"log"`
}

// Help is what `bridge --help` adds.
func (bridgeCommand) Help() string {
	return `Waits for NATS, which must have been set up with "discomfy init", and for ComfyUI, in any order. One
bridge serves a queue; start a second one and it waits until the first is gone.

On SIGINT or SIGTERM it takes no more jobs and leaves what runs in ComfyUI to its successor; with
--drain it finishes that first. A second signal ends it at once.

Example: discomfy bridge --nats nats://nats:4222 --comfyui http://comfyui:8188` + exitCodes(
		"0    a signal stopped it, in order", code1, code2, code3NATS, "130  a second signal ended it at once")
}

// Run serves the queue until a signal comes.
func (c *bridgeCommand) Run(ctx context.Context, s *session) error {
	queue, err := c.queueFlag.parse()
	if err != nil {
		return err
	}
	if err := cmp.Or(c.leaseFlag.check(), c.bridgeFlags.check()); err != nil {
		return err
	}
	log := s.logger(c.logFlags, s.stderr)
	p, err := newBridge(queue, c.comfyFlags, c.bridgeFlags, log)
	if err != nil {
		return err
	}
	p.config.Hook = s.hook
	log.InfoContext(ctx, "connecting to NATS", slog.String("url", c.address()))
	b, err := s.connect(ctx, c.natsFlags, broker.Config{
		Name: "discomfy-bridge/" + string(queue), Role: "bridge", Wait: true, Lease: c.Lease, Log: log,
	})
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	defer b.Close()
	return p.run(ctx, b)
}

// bridgeProcess is a bridge that lacks only its NATS connection.
type bridgeProcess struct {
	queue  job.Queue
	config bridge.Config
	drain  bool // finish what is inside ComfyUI when asked to stop
	client *comfy.Client
	set    *workflow.Set
	log    *slog.Logger
}

func newBridge(queue job.Queue, server comfyFlags, f bridgeFlags, log *slog.Logger) (*bridgeProcess, error) {
	client, err := server.client(log)
	if err != nil {
		return nil, err
	}
	set, problems, err := f.load()
	if err != nil {
		return nil, err
	}
	for _, p := range problems {
		log.Warn("workflow left out", slog.String("error", p.Error()))
	}
	if len(set.All()) == 0 {
		return nil, usageError{fmt.Errorf("no workflow can be used: `discomfy workflows check` tells why")}
	}
	return &bridgeProcess{
		queue: queue, client: client, set: set, log: log, drain: f.Drain,
		config: bridge.Config{Queue: queue, InFlight: f.InFlight, Timeouts: f.timeouts(), Log: log},
	}, nil
}

// run serves the queue until ctx ends, and then, when it shall drain, until
// nothing of the queue is inside ComfyUI.
func (p *bridgeProcess) run(ctx context.Context, b *broker.Broker) error {
	worker, working := bridge.New(p.config, b, p.client, p.set), ctx
	if p.drain {
		working = context.WithoutCancel(ctx)
		defer context.AfterFunc(ctx, worker.Drain)()
	}
	err := worker.Run(working)
	p.log.InfoContext(ctx, "stopped")
	return err
}
