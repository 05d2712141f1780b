package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/terminal"
)

type submitCommand struct {
	Workflow string            `arg:"" help:"Name of the workflow, as in \"discomfy workflows list\"."`
	Params   []string          `arg:"" optional:"" name:"key=value" help:"Parameters of the workflow."`
	Image    map[string]string `name:"image" placeholder:"NAME=PATH" mapsep:"none" help:"Picture for a parameter that takes one. May be repeated."`
	Out      string            `name:"out" env:"DISCOMFY_OUT" type:"path" default:"." placeholder:"DIR" help:"Folder for the result files; existing files are never replaced."`
	JSON     bool              `name:"json" help:"Write one JSON object a line."`
	NoWait   bool              `name:"no-wait" help:"Hand the job in, print its id, and return."`
	userFlag
	queueFlag
	natsFlags `group:"nats"`
}

// Help is what `submit --help` adds.
func (submitCommand) Help() string {
	return `Checks the parameters, hands the job in, and shows its position, its progress, and where its files were
saved. Ctrl-C ends the watching only: the job goes on, and "discomfy show ID --out DIR" fetches its files.

Examples:

    discomfy submit txt2img prompt="a red fox in the snow" seed=7
    discomfy submit test-edit --image image=photo.jpg --out pictures
    discomfy submit txt2img prompt=fox --json | jq -r 'select(.event=="saved").files[].path'` + exitCodes(
		"0    the job is done and its files are saved; with --no-wait: it is accepted",
		"1    the job failed or was rejected, a file could not be saved, or the command failed",
		"2    the command line or the request makes no sense",
		"3    NATS cannot be reached or is not set up, or nobody has served the queue yet",
		"4    the job was cancelled",
		"130  a signal ended the watching; the job goes on")
}

// Run submits one job and watches it.
func (c *submitCommand) Run(ctx context.Context, s *session) error {
	args, err := terminal.ParseArgs(c.Params)
	if err != nil {
		return err
	}
	user, err := c.userFlag.parse()
	if err != nil {
		return err
	}
	queue, err := c.queueFlag.parse()
	if err != nil {
		return err
	}
	if !c.NoWait {
		if err := checkOut(shortPath(c.Out)); err != nil {
			return err
		}
	}
	b, err := s.connect(ctx, c.natsFlags, broker.Config{Name: "discomfy-terminal/" + string(user), Role: "terminal"})
	if err != nil {
		return err
	}
	defer b.Close()
	config := s.display(s.screen())
	config.Queue, config.Dir, config.JSON, config.Log = queue, shortPath(c.Out), c.JSON, slog.New(slog.DiscardHandler)
	request, err := terminal.Submit(ctx, config, b, user, c.Workflow, args, c.Image)
	if err != nil {
		return err
	}
	if c.NoWait {
		return c.receipt(s, request)
	}
	states, err := terminal.Watch(ctx, config, b, request)
	if errors.Is(err, errInterrupted) {
		return endedError{exitInterrupted, fmt.Sprintf(
			"stopped watching; the job goes on: `discomfy show %[1]s`, or `discomfy cancel %[1]s`", request.ID)}
	}
	return errors.Join(err, ended(states))
}

// receipt tells the id alone, for scripts.
func (c *submitCommand) receipt(s *session, r job.Request) error {
	if c.JSON {
		return s.writeJSON(r)
	}
	s.say("%s", r.ID)
	return nil
}
