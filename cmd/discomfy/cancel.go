package main

import (
	"context"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

type cancelCommand struct {
	ID string `arg:"" name:"id" help:"Id of the job, as \"submit\" and \"queue\" print it."`
	userFlag
	queueFlag
	natsFlags `group:"nats"`
}

// Help is what `cancel --help` adds.
func (cancelCommand) Help() string {
	return `Takes a waiting job out of the queue and stops a running one. It needs a bridge: where none serves the
queue nothing is changed.` + exitCodes(
		"0    the job is cancelled, will be soon, or had ended before",
		"1    there is no such job, or the command failed",
		code2,
		"3    NATS cannot be reached or is not set up, or nobody serves the queue",
		code130)
}

// Run asks the bridge to stop the job.
func (c *cancelCommand) Run(ctx context.Context, s *session) error {
	id, err := job.ParseID(c.ID)
	if err != nil {
		return usageError{err}
	}
	user, err := c.userFlag.parse()
	if err != nil {
		return err
	}
	queue, err := c.queueFlag.parse()
	if err != nil {
		return err
	}
	b, err := s.connect(ctx, c.natsFlags, broker.Config{Name: "discomfy-cancel", Role: "terminal"})
	if err != nil {
		return err
	}
	defer b.Close()
	answer, err := b.Cancel(ctx, queue, id, string(user))
	if err != nil {
		return err
	}
	s.say("%s", answer.Words)
	return nil
}
