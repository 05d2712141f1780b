package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/comfy"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// ask is one job of the demo.
type ask struct {
	user     job.User
	workflow string
	args     map[string]string
}

// asks are two jobs of ann and one of bob, who is served between hers.
func (d *demo) asks(ctx context.Context) ([]ask, error) {
	ann, err := job.NewUser("terminal", "ann")
	if err != nil {
		return nil, err
	}
	bob, err := job.NewUser("terminal", "bob")
	if err != nil {
		return nil, err
	}
	paints, err := d.paints(ctx)
	if err != nil {
		return nil, err
	}
	if !paints {
		return []ask{
			{ann, "test-pattern", map[string]string{"ground": "navy", "color": "red"}},
			{ann, "test-pattern", map[string]string{"ground": "teal", "color": "yellow"}},
			{bob, "test-pattern", map[string]string{"ground": "black", "color": "orange"}},
		}, nil
	}
	all := []ask{
		{ann, "txt2img", map[string]string{"prompt": "a lighthouse at dusk, oil painting"}},
		{ann, "txt2img", map[string]string{"prompt": "the same lighthouse in a storm"}},
		{bob, "txt2img", map[string]string{"prompt": "a red fox asleep in the snow"}},
	}
	if d.computesOnCPU(ctx) {
		d.say("This ComfyUI has no GPU: the pictures are of 128×128 in 6 steps, since larger ones take minutes.")
		d.say("")
		for _, a := range all {
			a.args["width"], a.args["height"], a.args["steps"] = "128", "128", "6"
		}
	}
	return all, nil
}

// computesOnCPU reports whether a real server has nothing but its CPU. Where
// it does not say, it is taken for one with a GPU.
func (d *demo) computesOnCPU(ctx context.Context) bool {
	if d.command.ComfyUI == "" {
		return false // the fake is as fast as it likes
	}
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	stats, err := d.comfy.SystemStats(ctx)
	return err == nil && len(stats.Devices) > 0 &&
		!slices.ContainsFunc(stats.Devices, func(v comfy.Device) bool { return v.Type != "cpu" })
}

// paints waits until ComfyUI is there and reports whether txt2img can run.
func (d *demo) paints(ctx context.Context) (bool, error) {
	bounded, cancel := context.WithTimeoutCause(ctx, d.command.Wait, errAway)
	defer cancel()
	var offer workflow.Offer
	err := poll(bounded, func() (bool, error) {
		snapshot, err := d.nats.broker.Snapshot(bounded, job.DefaultQueue)
		if err != nil || snapshot.Server != "" {
			return false, ignoreNotFound(bounded, err)
		}
		catalog, err := d.nats.broker.Catalog(bounded, job.DefaultQueue)
		offer, _ = catalog.Find("txt2img")
		return err == nil && !catalog.Blind, ignoreNotFound(bounded, err)
	})
	if errors.Is(err, errAway) {
		return false, fmt.Errorf("%w within %v: start it, or leave --comfyui out to see the demo with a fake one", err, d.command.Wait)
	}
	return offer.Name != "" && len(offer.Problems) == 0, err
}

// errAway is returned when ComfyUI is not there.
var errAway = errors.New("ComfyUI does not answer")

// ignoreNotFound passes on what is wrong, but not what is only not there yet,
// nor what ctx's end has caused.
func ignoreNotFound(ctx context.Context, err error) error {
	if errors.Is(err, broker.ErrNotFound) || ctx.Err() != nil {
		return nil
	}
	return err
}

// poll asks until it is done, an error comes, or ctx ends.
func poll(ctx context.Context, done func() (bool, error)) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
