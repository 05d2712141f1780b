package main

import (
	"context"
	"fmt"
	"log/slog"

	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/discord/discordsim"
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
	return beside(ctx, // ComfyUI stops after the bridge
		func(ctx context.Context) error { return run(ctx, url) },
		func(ctx context.Context) error { return comfysim.Serve(ctx, listener, server) })
}

// withFakeDiscord runs a function beside a fake Discord with a page for people,
// and stops the fake when the function has returned.
func withFakeDiscord(ctx context.Context, addr string, log *slog.Logger, run func(ctx context.Context, sim *discordsim.Server, url string) error) error {
	server, err := discordsim.New(discordsim.Config{Token: simToken, Log: log})
	if err != nil {
		return fmt.Errorf("start a fake Discord: %w", err)
	}
	server.Populate(0)
	listener, err := discordsim.Listen(ctx, addr)
	if err != nil {
		return err
	}
	return beside(ctx,
		func(ctx context.Context) error { return run(ctx, server, "http://"+listener.Addr().String()) },
		func(ctx context.Context) error { return discordsim.Serve(ctx, listener, server) })
}
