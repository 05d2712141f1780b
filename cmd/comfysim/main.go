// Command comfysim serves a fake ComfyUI, for people: to try the project, or a client of one's own, without a GPU.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"discomfy/pkg/comfy/comfysim"
)

type cli struct {
	Addr          string        `default:"127.0.0.1:8188" help:"Address to listen on; port 0 takes a free one."`
	VersionOf     string        `name:"version-of" default:"0.33.0" enum:"0.3.64,0.8.0,0.33.0" help:"ComfyUI version to imitate: ${enum}."`
	Speed         float64       `default:"1" help:"How much faster than a real server; 0.5 is half as fast."`
	StepTime      time.Duration `default:"150ms" help:"Time of one sampler step."`
	PreviewMethod string        `default:"latent2rgb" enum:"none,auto,latent2rgb,taesd" help:"As ComfyUI's --preview-method: ${enum}."`
	Dir           string        `type:"path" help:"Folder of input, output and temp files; a temporary one unless set."`
	RunLog        string        `type:"path" placeholder:"FILE" help:"Append what is queued, run and forgotten to this file, as JSON lines."`
	Fault         []string      `sep:"none" placeholder:"NAME[=VALUE]" help:"Switch a fault on; docs/faults.md lists them. May be given again."`
	Debug         bool          `help:"Log sockets too."`
}

func main() {
	var c cli
	k := kong.Parse(&c, kong.Description("A fake ComfyUI server. It imitates the protocol of a recorded version and paints patterns."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	k.FatalIfErrorf(c.serve(ctx, os.Stdout))
}

// serve prints its address and serves until ctx ends.
func (c cli) serve(ctx context.Context, out io.Writer) error {
	level := slog.LevelInfo
	if c.Debug {
		level = slog.LevelDebug
	}
	faults, err := comfysim.ParseFaults(c.Fault)
	if err != nil {
		return err
	}
	log, err := openLog(c.RunLog)
	if err != nil {
		return err
	}
	defer log.Close()
	l, err := comfysim.Listen(ctx, c.Addr)
	if err != nil {
		return err
	}
	s, err := comfysim.New(comfysim.Config{
		Version: c.VersionOf, Speed: c.Speed, StepTime: c.StepTime, PreviewMethod: c.PreviewMethod, Dir: c.Dir,
		Faults: faults, RunLog: log, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})),
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "ComfyUI %s (fake): http://%s\n", c.VersionOf, l.Addr())
	return comfysim.Serve(ctx, l, s)
}

// openLog opens a file to append to; without a name what is written is lost.
func openLog(name string) (io.WriteCloser, error) {
	if name == "" {
		name = os.DevNull
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the run log: %w", err)
	}
	return f, nil
}
