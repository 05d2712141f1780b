package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/terminal"
	"discomfy/pkg/workflow"
	"discomfy/workflows"
)

type workflowsCommand struct {
	List  workflowsListCommand  `cmd:"" help:"List the workflows, or tell all about one."`
	Check workflowsCheckCommand `cmd:"" help:"Look for mistakes in workflows, alone or against a ComfyUI server."`
}

// folderFlag says which workflows are meant.
type folderFlag struct {
	Workflows string `name:"workflows" env:"DISCOMFY_WORKFLOWS" type:"path" placeholder:"DIR" help:"Folder with workflows and their manifests, instead of those in the binary."`
}

// load reads the workflows. Those that cannot be used are left out and told.
func (f folderFlag) load() (*workflow.Set, []workflow.Problem, error) {
	var files fs.FS = workflows.FS
	if f.Workflows != "" {
		if _, err := os.ReadDir(f.Workflows); err != nil {
			return nil, nil, usageError{fmt.Errorf("cannot read the folder that --workflows names: %s: %w", f.Workflows, reason(err))}
		}
		files = os.DirFS(f.Workflows)
	}
	set, problems := workflow.Load(files)
	return set, problems, nil
}

type workflowsListCommand struct {
	Name string `arg:"" optional:"" help:"Tell all about this one."`
	Live bool   `name:"live" help:"Ask NATS for what the bridge published: the choices of its ComfyUI, and what it lacks."`
	JSON bool   `name:"json" help:"Write JSON."`
	folderFlag
	queueFlag
	natsFlags `group:"nats"`
}

// Help is what `workflows list --help` adds.
func (workflowsListCommand) Help() string {
	return `Without --live it needs no server: it lists what is in the binary or in --workflows.

Example: discomfy workflows list txt2img --live` + exitCodes(
		code0, code1,
		"2    there is no such workflow, or the command line makes no sense",
		"3    with --live: NATS cannot be reached or is not set up, or nobody has served the queue yet",
		code130)
}

// Run lists the workflows.
func (c *workflowsListCommand) Run(ctx context.Context, s *session) error {
	catalog, err := c.catalog(ctx, s)
	if err != nil {
		return err
	}
	if c.Name == "" {
		if c.JSON {
			return s.writeJSON(catalog)
		}
		return terminal.WriteOffers(s.stdout, catalog.Offers)
	}
	offer, ok := catalog.Find(c.Name)
	if !ok {
		return unknown(c.Name)
	}
	if c.JSON {
		return s.writeJSON(offer)
	}
	return terminal.WriteOffer(s.stdout, offer)
}

func (c *workflowsListCommand) catalog(ctx context.Context, s *session) (workflow.Catalog, error) {
	if !c.Live {
		set, _, err := c.load()
		if err != nil {
			return workflow.Catalog{}, err
		}
		return set.Catalog(nil), nil
	}
	queue, err := c.queueFlag.parse()
	if err != nil {
		return workflow.Catalog{}, err
	}
	b, err := s.connect(ctx, c.natsFlags, broker.Config{Name: "discomfy-workflows", Role: "terminal"})
	if err != nil {
		return workflow.Catalog{}, err
	}
	defer b.Close()
	return terminal.Catalog(ctx, b, queue)
}

type workflowsCheckCommand struct {
	Names      []string `arg:"" optional:"" name:"name" help:"Check these only."`
	ObjectInfo string   `name:"object-info" type:"existingfile" placeholder:"FILE" xor:"against" help:"Compare with a recorded answer to GET /object_info."`
	URL        string   `name:"comfyui" placeholder:"URL" xor:"against" help:"Compare with a running ComfyUI server."`
	comfyLogin `group:"comfyui"`
	folderFlag
}

// Help is what `workflows check --help` adds.
func (workflowsCheckCommand) Help() string {
	return `Names the place of every mistake: a parameter that is bound nowhere, a binding to a node or input that
is not there, a graph in the format of ComfyUI's page, a node class or a model file that the server
lacks.

Examples:

    discomfy workflows check --workflows my-workflows
    discomfy workflows check txt2img --comfyui http://127.0.0.1:8188
    curl -s http://127.0.0.1:8188/object_info >nodes.json; discomfy workflows check --object-info nodes.json` + exitCodes(
		"0    there is no mistake",
		"1    there is one, or the command failed",
		"2    there is no such workflow or folder, or the command line makes no sense",
		"3    ComfyUI does not answer",
		code130)
}

// Run checks the workflows.
func (c *workflowsCheckCommand) Run(ctx context.Context, s *session) error {
	nodes, err := c.nodes(ctx)
	if err != nil {
		return err
	}
	set, problems, err := c.load()
	if err != nil {
		return err
	}
	for _, name := range c.Names {
		_, loaded := set.Get(name)
		if !loaded && !slices.ContainsFunc(problems, func(p workflow.Problem) bool { return p.Workflow == name }) {
			return unknown(name)
		}
	}
	checked := 0
	for _, w := range set.All() {
		if !c.chosen(w.Manifest.Name) {
			continue
		}
		checked++
		found := w.Check(nodes)
		problems = append(problems, found...)
		if len(found) == 0 {
			s.say("ok    %s", terminal.Clean(w.Manifest.Name))
		}
	}
	return c.verdict(s, checked, problems)
}

func (c *workflowsCheckCommand) chosen(name string) bool {
	return len(c.Names) == 0 || slices.Contains(c.Names, name)
}

// verdict tells the problems; the exit code does too.
func (c *workflowsCheckCommand) verdict(s *session, checked int, problems []workflow.Problem) error {
	found := 0
	for _, p := range problems {
		if c.chosen(p.Workflow) {
			found++
			s.say("wrong %s", terminal.Clean(p.String()))
		}
	}
	if found > 0 {
		return fmt.Errorf("%s in the workflows", count(found, "mistake"))
	}
	if checked == 0 {
		return usageError{errors.New("there is no workflow to check")}
	}
	return nil
}

// nodes are the node classes to compare with; nil without a server.
func (c *workflowsCheckCommand) nodes(ctx context.Context) (*workflow.Nodes, error) {
	switch {
	case c.ObjectInfo != "":
		f, err := os.Open(c.ObjectInfo)
		if err != nil {
			return nil, usageError{err}
		}
		defer f.Close()
		return workflow.ParseNodes(f)
	case c.URL != "":
		return c.ask(ctx)
	}
	return nil, nil
}

func (c *workflowsCheckCommand) ask(ctx context.Context) (*workflow.Nodes, error) {
	client, err := comfyFlags{c.URL, c.comfyLogin}.client(slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	body, err := client.ObjectInfo(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot read the nodes of ComfyUI at %s: %w", client.URL(), err)
	}
	defer body.Close()
	return workflow.ParseNodes(body)
}

func unknown(name string) error {
	return &job.Error{Code: job.CodeUnknown, Message: terminal.Clean(name) + ": `discomfy workflows list` names them all"}
}
