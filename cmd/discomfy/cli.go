package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/alecthomas/kong"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

// cli is the whole command line: every flag and every environment variable is
// a field below it.
type cli struct {
	Demo    demoCommand    `cmd:"" group:"run" help:"Watch three jobs of two users travel the whole path. Needs nothing else."`
	Up      upCommand      `cmd:"" group:"run" help:"Run everything in one process: NATS with its data on disk, and the bridge."`
	Ingress ingressCommand `cmd:"" group:"run" help:"Serve people on Discord. As many as you like, with one token."`
	Bridge  bridgeCommand  `cmd:"" group:"run" help:"Run the bridge between NATS and ComfyUI. A second one waits and takes over."`
	Init    initCommand    `cmd:"" group:"run" help:"Create or update what a NATS server holds for us."`
	Health  healthCommand  `cmd:"" group:"run" help:"Ask an ingress how it is, for the health checks of containers."`

	Submit submitCommand `cmd:"" group:"use" help:"Ask for a run of a workflow, and watch it until its files are here."`
	Queue  queueCommand  `cmd:"" group:"use" help:"Show who waits for what."`
	Cancel cancelCommand `cmd:"" group:"use" help:"Stop a job, wherever it is."`
	Show   showCommand   `cmd:"" group:"use" help:"Show the whole record of a job, and fetch its files again."`

	Workflows workflowsCommand `cmd:"" group:"use" help:"List the workflows, or check them."`
	Version   versionCommand   `cmd:"" group:"use" help:"Show the version of this program."`
}

const description = `Discomfy queues ComfyUI workflows in NATS JetStream, runs them one after the other, and shows live what becomes of them.`

const examples = `Examples:
  discomfy demo                                     see it work, in ten seconds
  discomfy up --comfyui http://127.0.0.1:8188       run it
  discomfy submit txt2img prompt="a red fox"        ask for a picture
  discomfy queue --watch                            see who waits

Flags that have a name in capitals after ($…) may be given by that environment variable.

` + exitHelp

// runner is a command that was chosen and filled in.
type runner struct {
	run func(ctx context.Context) error
}

// parse reads the command line. It returns no runner when there is nothing to
// run: help was asked for, or the words make no sense.
func parse(args []string, stdout, stderr *os.File) (r *runner, code int, err error) {
	exited := -1
	k, err := newParser(&cli{}, stdout, stderr, func(code int) { exited = code })
	if err != nil {
		return nil, exitFailed, err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	if err := checkText(args); err != nil {
		return nil, exitUsage, err
	}
	chosen, err := k.Parse(flagsFirst(k.Model.Node, args))
	switch {
	case exited >= 0:
		return nil, exited, nil
	case err != nil:
		return nil, exitUsage, usageError{errors.New(firstLine(err))}
	}
	hook, err := failpoints(os.Getenv)
	if err != nil {
		return nil, exitUsage, usageError{err}
	}
	s := &session{stdout: stdout, stderr: stderr, getenv: os.Getenv, hook: hook}
	return &runner{func(ctx context.Context) error {
		chosen.BindTo(ctx, (*context.Context)(nil))
		err := chosen.Run(s)
		if errors.Is(err, broker.ErrNotSetUp) {
			return notSetUpError{queueOf(chosen), chosen.Command() == "ingress", err}
		}
		return err
	}}, exitOK, nil
}

// queueOf is the queue that the command was about; "" where it is about all.
func queueOf(chosen *kong.Context) job.Queue {
	for _, f := range chosen.Flags() {
		if name, ok := chosen.FlagValue(f).(string); ok && f.Name == "queue" {
			return job.Queue(name)
		}
	}
	return ""
}

func newParser(c *cli, stdout, stderr *os.File, exit func(int)) (*kong.Kong, error) {
	k, err := kong.New(c,
		kong.Name("discomfy"),
		kong.Description(description),
		kong.Writers(stdout, stderr),
		kong.Exit(exit),
		kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}),
		kong.ExplicitGroups([]kong.Group{
			{Key: "run", Title: "Run:"},
			{Key: "use", Title: "Use:"},
			{Key: "nats", Title: "NATS:"},
			{Key: "comfyui", Title: "ComfyUI:"},
			{Key: "bridge", Title: "Bridge:"},
			{Key: "discord", Title: "Discord:"},
			{Key: "log", Title: "Log:"},
		}),
		kong.Vars{"data": dataDir(os.Getenv)},
	)
	if err != nil {
		return nil, fmt.Errorf("set up the command line: %w", err)
	}
	return k, nil
}

// printHelp adds to the overview what holds for every command.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return fmt.Errorf("print help: %w", err)
	}
	if ctx.Selected() == nil {
		fmt.Fprintln(ctx.Stdout, "\n"+examples)
	}
	return nil
}
