package main

import (
	"context"
	"fmt"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

type initCommand struct {
	Queues []string `name:"queues" env:"DISCOMFY_QUEUES" default:"default" placeholder:"NAME" help:"Queues, one for each ComfyUI server (${default})."`
	maxJobsFlag
	Replicas  int  `name:"replicas" env:"DISCOMFY_REPLICAS" placeholder:"N" help:"Servers of a NATS cluster that hold each stream: 1, 3 or 5. Left out, it stays as it is; a new stream is held by 1."`
	Discord   bool `name:"discord" env:"DISCOMFY_DISCORD" help:"Make what the Discord ingress needs, too."`
	natsFlags `group:"nats"`
}

// Help is what `init --help` adds.
func (initCommand) Help() string {
	return `Creates the streams, consumers and stores, or brings them up to date; running it again changes nothing.
"discomfy up" and "discomfy demo" do it themselves.

Example: discomfy init --nats nats://nats:4222 --queues default,big-gpu` + exitCodes("0    NATS is ready", code1, code2, "3    NATS cannot be reached", code130)
}

// Run sets NATS up.
func (c *initCommand) Run(ctx context.Context, s *session) error {
	if err := c.check(); err != nil {
		return err
	}
	var queues []job.Queue
	for _, name := range c.Queues {
		q, err := job.ParseQueue(name)
		if err != nil {
			return usageError{err}
		}
		queues = append(queues, q)
	}
	b, err := s.connect(ctx, c.natsFlags, broker.Config{Name: "discomfy-init", Role: "init"})
	if err != nil {
		return err
	}
	defer b.Close()
	if err := b.Init(ctx, broker.InitConfig{Queues: queues, MaxJobs: c.MaxJobs, Replicas: c.Replicas, Discord: c.Discord}); err != nil {
		return err // names the stream
	}
	s.say("NATS at %s is ready for %s", c.address(), count(len(queues), "queue"))
	return nil
}

func (c *initCommand) check() error {
	switch c.Replicas {
	case 0, 1, 3, 5:
		return c.maxJobsFlag.check()
	}
	return usageError{fmt.Errorf("--replicas %d: allowed is 1, 3 or 5", c.Replicas)}
}

// count puts a number before a word that takes an s.
func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
