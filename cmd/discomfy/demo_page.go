package main

import (
	"context"
	"os/exec"
	"runtime"
	"time"
)

const (
	// demoWaiting is how many jobs a visitor may have waiting.
	demoWaiting = 10
	// visitWithin is how long somebody at a terminal has for opening the page.
	visitWithin = 30 * time.Second
	// returnWithin is how long a page may be away, as while it loads anew.
	returnWithin = 5 * time.Second
)

// browse opens the page, where there is somebody to look at it.
func (d *demo) browse(ctx context.Context) {
	if d.screen == nil || !d.command.Browser {
		return
	}
	name, args := d.opener()
	if name == "" {
		return
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return // the address was said
	}
	c := exec.CommandContext(context.WithoutCancel(ctx), path, append(args, d.page)...) //nolint:gosec // one of three programs, and an address of ours
	if c.Start() == nil {
		go func() { _ = c.Wait() }() // a browser that was started may outlive us
	}
}

// opener is the program that opens addresses; "" where there is no desktop.
func (d *demo) opener() (name string, args []string) {
	switch runtime.GOOS {
	case "darwin":
		return "open", nil
	case "windows":
		return "rundll32", []string{"url.dll,FileProtocolHandler"}
	}
	if d.getenv("DISPLAY") == "" && d.getenv("WAYLAND_DISPLAY") == "" {
		return "", nil
	}
	return "xdg-open", nil
}

// linger stays up: with --keep until a signal comes, else while somebody looks
// at the page.
func (d *demo) linger(ctx context.Context) error {
	if d.command.Keep {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	patience := time.Duration(0)
	switch {
	case d.sim.Visitors() > 0:
		d.say("")
		d.say("Staying up while the page %s is open.", d.page)
		patience = returnWithin
	case d.screen != nil:
		d.say("")
		d.say("Open %s within %v to type commands there; else this ends.", d.page, visitWithin)
		patience = visitWithin
	}
	return d.whileVisited(ctx, patience)
}

// whileVisited returns when no page was open for so long.
func (d *demo) whileVisited(ctx context.Context, patience time.Duration) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for left := time.Now().Add(patience); time.Now().Before(left); {
		select {
		case <-tick.C:
			if d.sim.Visitors() > 0 {
				left = time.Now().Add(returnWithin)
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
