package terminal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// Submit asks for one run of a workflow: it validates the arguments by the
// queue's catalog, stores the pictures that belong to it (parameter → path)
// and publishes the job. What is wrong with the request is a *job.Error in
// words, and then nothing was published.
func Submit(ctx context.Context, c Config, to Ingress, user job.User, name string,
	args, images map[string]string,
) (job.Request, error) {
	c = c.withDefaults()
	catalog, err := Catalog(ctx, to, c.Queue)
	if err != nil {
		return job.Request{}, err
	}
	params, err := catalog.Resolve(name, args)
	if err != nil {
		return job.Request{}, err
	}
	if err := checkImages(catalog, name, images); err != nil {
		return job.Request{}, err
	}
	r := job.Request{
		ID: job.NewID(), Queue: c.Queue, User: user, Workflow: name,
		Params: params, Created: time.Now().UTC(),
	}
	for _, param := range slices.Sorted(maps.Keys(images)) {
		object, err := upload(ctx, to, param, images[param])
		if err != nil {
			return job.Request{}, err
		}
		if r.Inputs == nil {
			r.Inputs = make(map[string]string, len(images))
		}
		r.Inputs[param] = object
	}
	if _, err := to.Submit(ctx, r); err != nil {
		if job.CodeOf(err) == job.CodeUnconfirmed {
			err = &job.Error{Code: job.CodeUnconfirmed, Message: "`discomfy show " + r.ID.String() + "` tells, once NATS answers"}
		}
		return job.Request{}, err
	}
	return r, nil
}

// Catalog is what the queue's bridge offers. Where no bridge ever was, the
// error is a *job.Error with CodeBridgeOffline.
func Catalog(ctx context.Context, from interface {
	Catalog(ctx context.Context, q job.Queue) (workflow.Catalog, error)
}, q job.Queue,
) (workflow.Catalog, error) {
	catalog, err := from.Catalog(ctx, q)
	if errors.Is(err, broker.ErrNotFound) {
		return catalog, &job.Error{Code: job.CodeBridgeOffline, Message: "nobody has served queue " + string(q) + " yet"}
	}
	if err != nil {
		return catalog, fmt.Errorf("read what queue %s offers: %w", q, err)
	}
	return catalog, nil
}

// checkImages compares the pictures that were given with those that the
// workflow takes, and says how a missing one is given here.
func checkImages(catalog workflow.Catalog, name string, images map[string]string) error {
	offer, _ := catalog.Find(name)
	err := offer.CheckPictures(slices.Sorted(maps.Keys(images)))
	if e, ok := errors.AsType[*job.Error](err); ok && e.Input != "" && images[e.Input] == "" {
		return invalid(e.Input, e.Message+": add --image "+e.Input+"=PATH")
	}
	return err
}
