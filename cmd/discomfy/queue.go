package main

import (
	"context"
	"errors"

	"discomfy/pkg/broker"
	"discomfy/pkg/terminal"
)

type queueCommand struct {
	Watch bool `name:"watch" short:"w" help:"Stay, and show every change until Ctrl-C."`
	JSON  bool `name:"json" help:"Write one JSON object a line."`
	queueFlag
	natsFlags `group:"nats"`
}

// Help is what `queue --help` adds.
func (queueCommand) Help() string {
	return `Shows the jobs in the order in which they will run, with the estimated time until each starts. Where
the bridge is offline the jobs that wait in NATS are listed, without an order.` + exitCodes(
		"0    shown; with --watch: Ctrl-C or SIGTERM ended the watching",
		code1, code2, code3NATS,
		"130  a signal ended it before anything was shown, without --watch")
}

// Run shows the queue; Ctrl-C is how a watch ends.
func (c *queueCommand) Run(ctx context.Context, s *session) error {
	err := c.show(ctx, s)
	if c.Watch && errors.Is(context.Cause(ctx), errInterrupted) {
		return nil
	}
	return err
}

func (c *queueCommand) show(ctx context.Context, s *session) error {
	queue, err := c.parse()
	if err != nil {
		return err
	}
	b, err := s.connect(ctx, c.natsFlags, broker.Config{Name: "discomfy-queue", Role: "terminal"})
	if err != nil {
		return err
	}
	defer b.Close()
	config := s.display(s.screen())
	config.Queue, config.JSON = queue, c.JSON
	if c.Watch {
		return terminal.WatchQueue(ctx, config, b)
	}
	return terminal.ShowQueue(ctx, config, b)
}
