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
	l, err := comfysim.Listen(ctx, c.Addr)
	if err != nil {
		return err
	}
	s, err := comfysim.New(comfysim.Config{
		Version: c.VersionOf, Speed: c.Speed, StepTime: c.StepTime, PreviewMethod: c.PreviewMethod, Dir: c.Dir,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})),
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "ComfyUI %s (fake): http://%s\n", c.VersionOf, l.Addr())
	return comfysim.Serve(ctx, l, s)
}
