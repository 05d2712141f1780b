// Package comfysimtest starts a fake ComfyUI for a test, on a real port of loopback. The server ends, with
// everything it started, when the test does.
package comfysimtest

import (
	"context"
	"testing"

	"discomfy/pkg/comfy/comfysim"
)

// Start serves a fake ComfyUI until the test ends and returns it with its base URL. Its files are in a folder of
// the test where cfg names none; it runs a hundred times as fast as reality where cfg names no speed.
func Start(t testing.TB, cfg comfysim.Config) (*comfysim.Server, string) {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	if cfg.Speed == 0 {
		cfg.Speed = 100
	}
	s, err := comfysim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s, Serve(t, s)
}

// Serve serves a fake that is already made, until the test ends, and returns its base URL.
func Serve(t testing.TB, s *comfysim.Server) string {
	t.Helper()
	l, err := comfysim.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- comfysim.Serve(ctx, l, s) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("fake ComfyUI: %v", err)
		}
	})
	return "http://" + l.Addr().String()
}
