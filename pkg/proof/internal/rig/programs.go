package rig

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// Programs are the paths of what a rig starts.
type Programs struct {
	Discomfy string // built with failpoints
	ComfyUI  string // the fake
	Discord  string // the fake
	NATS     string
}

// Build builds the programs into a folder.
func Build(ctx context.Context, dir string) (Programs, error) {
	build := func(name, pkg string) (string, error) {
		file := filepath.Join(dir, name)
		cmd := exec.CommandContext(ctx, "go", "build", "-tags", "failpoints", "-o", file, pkg) //nolint:gosec // the packages are named below
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
		return file, nil
	}
	var p Programs
	var err error
	if p.Discomfy, err = build("discomfy", "discomfy/cmd/discomfy"); err != nil {
		return p, err
	}
	if p.ComfyUI, err = build("comfysim", "discomfy/cmd/comfysim"); err != nil {
		return p, err
	}
	if p.Discord, err = build("discordsim", "discomfy/cmd/discordsim"); err != nil {
		return p, err
	}
	p.NATS, err = build("nats-server", "github.com/nats-io/nats-server/v2")
	return p, err
}
