package main

import (
	"context"
	"fmt"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

type initCommand struct {
	Queues    []string `name:"queues" env:"DISCOMFY_QUEUES" default:"default" placeholder:"NAME,…" help:"Queues, one for each ComfyUI server (${default})."`
	MaxJobs   int      `name:"max-jobs" env:"DISCOMFY_MAX_JOBS" default:"2000" placeholder:"N" help:"Jobs that a queue takes before it is full (${default})."`
	natsFlags `group:"nats"`
}

// Help is what `init --help` adds.
func (initCommand) Help() string {
	return `Creates the streams, consumers and stores, or brings them up to date; running it again changes nothing.
"discomfy up" and "discomfy demo" do it themselves.

Example: discomfy init --nats nats://nats:4222 --queues default,big-gpu`
}

// Run sets NATS up.
func (c *initCommand) Run(ctx context.Context, s *session) error {
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
	if err := b.Init(ctx, broker.InitConfig{Queues: queues, MaxJobs: c.MaxJobs}); err != nil {
		return fmt.Errorf("set up NATS: %w", err)
	}
	s.say("NATS at %s is ready for %s", c.address(), count(len(queues), "queue"))
	return nil
}

// count puts a number before a word that takes an s.
func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
