package operator_test

import (
	"context"
	"encoding/json"
	"maps"
	"testing"
	"time"

	"discomfy/pkg/bridge"
	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded/embeddedtest"
	"discomfy/pkg/comfy"
	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/comfy/comfysim/comfysimtest"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
	"discomfy/workflows"
)

// The jobs that the page speaks of.
const (
	doneJob     = "0199e3a0-7c1e-7b6a-9d42-5f0c8e1b2a01"
	rejectedJob = "0199e3a0-7c1e-7b6a-9d42-5f0c8e1b2a02"
	runningJob  = "0199e3a0-7c1e-7b6a-9d42-5f0c8e1b2a03"
	readyJob    = "0199e3a0-7c1e-7b6a-9d42-5f0c8e1b2a04"
	waitingJob  = "0199e3a0-7c1e-7b6a-9d42-5f0c8e1b2a05"
)

// within bounds every wait for the scene.
const within = 30 * time.Second

// scene is a server with a bridge and jobs in all states; it stays as it is
// because the running job's steps take longer than any test.
type scene struct {
	url    string // of NATS, for the CLI
	broker *broker.Broker
}

func newScene(t *testing.T) *scene {
	t.Helper()
	server := embeddedtest.Start(t)
	b, err := broker.Connect(t.Context(), broker.Config{URL: server.ClientURL(), Name: "discomfy-bridge/default"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if err := b.Init(t.Context(), broker.InitConfig{}); err != nil {
		t.Fatal(err)
	}
	s := &scene{url: server.ClientURL(), broker: b}
	s.startBridge(t)
	s.play(t)
	return s
}

// startBridge serves the queue with a fake ComfyUI until the test ends.
func (s *scene) startBridge(t *testing.T) {
	t.Helper()
	_, url := comfysimtest.Start(t, comfysim.Config{Speed: 1, LoadTime: time.Millisecond, StepTime: time.Second})
	client, err := comfy.New(comfy.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	set, problems := workflow.Load(workflows.FS)
	if len(problems) > 0 {
		t.Fatalf("load workflows: %v", problems)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	stopped := make(chan error, 1)
	go func() { stopped <- bridge.New(bridge.Config{}, s.broker, client, set).Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Errorf("bridge: %v", err)
		}
	})
}

// play brings one job after the other to where the page finds it.
func (s *scene) play(t *testing.T) {
	t.Helper()
	catalog := s.catalog(t)
	s.submit(t, catalog, doneJob, "terminal-ann", "test-pattern", nil)
	s.await(t, doneJob, func(u broker.Update) bool { return u.State != nil && u.State.Phase == job.Done })

	// A model that was removed after the request was made.
	s.submit(t, catalog, rejectedJob, "terminal-ben", "txt2img", job.Params{"checkpoint": "gone.safetensors"})
	s.await(t, rejectedJob, func(u broker.Update) bool { return u.State != nil && u.State.Phase.Ended() })

	s.submit(t, catalog, runningJob, "terminal-ben", "txt2img", job.Params{"steps": json.Number("150")})
	s.await(t, runningJob, func(u broker.Update) bool { return u.Progress != nil && u.Progress.Step > 0 })

	s.submit(t, catalog, readyJob, "terminal-ann", "test-pattern", nil)
	s.await(t, readyJob, func(u broker.Update) bool { return u.State != nil && u.State.Phase == job.Submitted })

	s.submit(t, catalog, waitingJob, "terminal-ben", "test-pattern", nil)
	s.await(t, waitingJob, func(u broker.Update) bool {
		if u.Snapshot == nil {
			return false
		}
		place, _, ok := u.Snapshot.Position(id(t, waitingJob))
		return ok && place == 3
	})
}

// catalog waits until the bridge has told what it offers.
func (s *scene) catalog(t *testing.T) workflow.Catalog {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		catalog, err := s.broker.Catalog(ctx, job.DefaultQueue)
		if err == nil && len(catalog.Usable()) > 0 {
			return catalog
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("the bridge published no catalog: %v", err)
		}
	}
}

func (s *scene) submit(t *testing.T, catalog workflow.Catalog, name, user, flow string, params job.Params) {
	t.Helper()
	given := map[string]string{}
	if flow == "txt2img" {
		given = map[string]string{"prompt": "a lighthouse in the fog", "seed": "20261123"}
	}
	all, err := catalog.Resolve(flow, given)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(all, params)
	request := job.Request{
		ID: id(t, name), Queue: job.DefaultQueue, User: job.User(user), Workflow: flow, Params: all, Created: time.Now().UTC(),
	}
	if _, err := s.broker.Submit(t.Context(), request); err != nil {
		t.Fatal(err)
	}
}

// await follows a job until enough has happened.
func (s *scene) await(t *testing.T, name string, enough func(broker.Update) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	updates, err := s.broker.Follow(ctx, job.DefaultQueue, id(t, name))
	if err != nil {
		t.Fatal(err)
	}
	for u := range updates {
		if enough(u) {
			return
		}
	}
	last, err := s.broker.Last(t.Context(), id(t, name))
	t.Fatalf("job %s came only as far as %+v (%v)", name, last, err)
}

func id(t *testing.T, name string) job.ID {
	t.Helper()
	parsed, err := job.ParseID(name)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
