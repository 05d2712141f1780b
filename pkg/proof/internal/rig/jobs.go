//go:build linux

package rig

import (
	"bytes"
	"context"
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

// Settled waits until nothing of ours is left in NATS and in any ComfyUI; what
// remains after the bound is what the judge will find.
func (r *Rig) Settled(within time.Duration) {
	r.Helper()
	Poll(r.Context(), within, func() bool {
		for _, q := range r.queues() {
			if jobs, err := r.Broker.PendingJobs(r.Context(), q); err != nil || len(jobs) > 0 {
				return false
			}
		}
		for _, c := range r.servers {
			if prompts, err := c.inside(); err != nil || len(prompts) > 0 {
				return false
			}
		}
		return true
	})
}

// Judge gathers the evidence and checks it. The jobs are those that were
// accepted; seen is what was read of the state log earlier.
func (r *Rig) Judge(accepted []job.ID, seen []broker.StoredState) proof.Report {
	r.Helper()
	return proof.Check(r.Evidence(accepted, seen))
}

// Evidence is what Judge judges by.
func (r *Rig) Evidence(accepted []job.ID, seen []broker.StoredState) proof.Evidence {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), 2*Patience)
	defer cancel()
	e, err := proof.Gather(ctx, r.Broker, seen, r.queues()...)
	r.must(err)
	e.Accepted = accepted
	for _, c := range r.servers {
		runs, err := c.runs()
		r.must(err)
		inside, err := c.inside()
		r.must(err)
		made, err := c.made()
		r.must(err)
		e.Runs, e.Inside, e.Made = append(e.Runs, runs...), append(e.Inside, inside...), append(e.Made, made...)
	}
	return e
}

// Command, Faults, NoFaults and Struck are those of the default queue's
// ComfyUI.

// Command tells it to do something once; see ComfyUI.Command.
func (r *Rig) Command(name string) error { return r.ComfyUI.Command(name) }

// Faults switches faults on; see ComfyUI.Faults.
func (r *Rig) Faults(switches string) error { return r.ComfyUI.Faults(switches) }

// NoFaults switches all of them off.
func (r *Rig) NoFaults() error { return r.ComfyUI.NoFaults() }

// Struck reports whether they have struck; see ComfyUI.Struck.
func (r *Rig) Struck() bool { return r.ComfyUI.Struck() }
