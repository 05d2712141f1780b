//go:build linux

package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/proof"
)

// Request makes a request without publishing it.
func (r *Rig) Request(user, workflow string, args map[string]string) job.Request {
	r.Helper()
	u, err := job.NewUser("test", user)
	r.must(err)
	params, err := r.set.Catalog(nil).Resolve(workflow, args)
	r.must(err)
	return job.Request{
		ID: job.NewID(), Queue: job.DefaultQueue, User: u, Workflow: workflow,
		Params: params, Created: time.Now().UTC(),
	}
}

// Picture stores a picture for a request to work on, and returns its name.
func (r *Rig) Picture(data []byte) string {
	r.Helper()
	name, err := r.Broker.PutInput(r.Context(), bytes.NewReader(data))
	r.must(err)
	return name
}

// Submit publishes a request until it is acknowledged.
func (r *Rig) Submit(q job.Request) {
	r.Helper()
	r.Eventually("job "+q.ID.String()+" is accepted", func() bool {
		_, err := r.Broker.Submit(r.Context(), q)
		return err == nil
	})
}

// Ended waits for the end of a job.
func (r *Rig) Ended(id job.ID) job.State {
	r.Helper()
	var last job.State
	r.Eventually("job "+id.String()+" has ended", func() bool {
		s, err := r.Broker.Last(r.Context(), id)
		last = s
		return err == nil && s.Phase.Ended()
	})
	return last
}

// Phase waits until a job has reached a phase, or has passed it by.
func (r *Rig) Phase(id job.ID, phase job.Phase) {
	r.Helper()
	r.Eventually("job "+id.String()+" is "+string(phase), func() bool {
		states, err := r.Broker.States(r.Context(), id)
		return err == nil && slices.ContainsFunc(states, func(s job.State) bool { return s.Phase == phase || s.Phase.Ended() })
	})
}

// Settled waits until nothing of ours is left in NATS and in ComfyUI; what
// remains after the bound is what the judge will find.
func (r *Rig) Settled(within time.Duration) {
	r.Helper()
	Poll(r.Context(), within, func() bool {
		jobs, err := r.Broker.PendingJobs(r.Context(), job.DefaultQueue)
		if err != nil || len(jobs) > 0 {
			return false
		}
		prompts, err := r.inside()
		return err == nil && len(prompts) == 0
	})
}

// Judge gathers the evidence and checks it. The jobs are those that were
// accepted; seen is what was read of the state log earlier.
func (r *Rig) Judge(accepted []job.ID, seen []broker.StoredState) proof.Report {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), 2*Patience)
	defer cancel()
	e, err := proof.Gather(ctx, r.Broker, job.DefaultQueue, seen)
	r.must(err)
	e.Accepted = accepted
	e.Runs = r.runs()
	e.Inside, err = r.inside()
	r.must(err)
	e.Made, err = proof.Made(os.DirFS(filepath.Join(r.path("comfyui"), "output")))
	r.must(err)
	return proof.Check(e)
}

func (r *Rig) runs() []proof.Event {
	r.Helper()
	f, err := os.Open(r.path("runs"))
	r.must(err)
	defer f.Close()
	events, err := proof.ReadRuns(f)
	r.must(err)
	return events
}

func (r *Rig) inside() ([]string, error) {
	res, err := r.ask(http.MethodGet, "/queue", nil)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	return proof.ReadInside(res.Body)
}

// ask sends a request to the fake ComfyUI.
func (r *Rig) ask(method, path string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(r.Context(), method, r.comfyURL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	return client.Do(req)
}

// Command tells the fake ComfyUI to do something once, such as "restart" or
// "drop".
func (r *Rig) Command(name string) error {
	res, err := r.ask(http.MethodPost, "/comfysim/"+name, nil)
	if err != nil {
		return err
	}
	return expect(res)
}

// Faults switches faults of the fake ComfyUI on, as JSON; those that it does
// not name stay.
func (r *Rig) Faults(switches string) error {
	res, err := r.ask(http.MethodPost, "/comfysim/faults", []byte(switches))
	if err != nil {
		return err
	}
	return expect(res)
}

// Struck reports whether the faults of routes that were to strike a number of
// times have done so.
func (r *Rig) Struck() bool {
	res, err := r.ask(http.MethodGet, "/comfysim/faults", nil)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	var faults struct {
		HTTP []any `json:"http"`
	}
	return json.NewDecoder(res.Body).Decode(&faults) == nil && len(faults.HTTP) == 0
}

// NoFaults switches all of them off.
func (r *Rig) NoFaults() error {
	res, err := r.ask(http.MethodDelete, "/comfysim/faults", nil)
	if err != nil {
		return err
	}
	return expect(res)
}

func expect(res *http.Response) error {
	defer res.Body.Close()
	if res.StatusCode >= http.StatusBadRequest {
		text, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
		return errors.Join(fmt.Errorf("the fake ComfyUI answered %s: %s", res.Status, text), err)
	}
	return nil
}
