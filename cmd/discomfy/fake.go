package main

import (
	"context"
	"fmt"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"discomfy/pkg/comfy/comfysim"
)

// withFake runs a function beside a fake ComfyUI on a free port of loopback,
// and stops the fake when the function has returned.
func withFake(ctx context.Context, speed float64, log *slog.Logger, run func(ctx context.Context, url string) error) error {
	server, err := comfysim.New(comfysim.Config{PreviewMethod: "auto", Speed: speed})
	if err != nil {
		return fmt.Errorf("start a fake ComfyUI: %w", err)
	}
	listener, err := comfysim.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	url := "http://" + listener.Addr().String()
	log.InfoContext(ctx, "fake ComfyUI listens", slog.String("url", url))
	group, ctx := errgroup.WithContext(ctx)
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	group.Go(func() error { return comfysim.Serve(serving, listener, server) })
	group.Go(func() error {
		defer stop() // ComfyUI stops after the bridge
		return run(ctx, url)
	})
	return group.Wait()
}
