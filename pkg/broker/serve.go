package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/micro"
	"golang.org/x/sync/semaphore"

	"discomfy/pkg/job"
)

const (
	// serviceName is how `nats micro ls` lists the active bridge.
	serviceName = "discomfy-bridge"
	// serviceVersion is that of the control protocol, as NATS wants it.
	serviceVersion = "1.0.0"
	// controlLimit bounds the control requests that are worked on at once.
	controlLimit = 16
)

// Control is what the active bridge answers to control requests. Every
// function may be called concurrently; a nil one is answered as "not offered",
// Catalog and Stats by what the broker knows itself.
type Control struct {
	Cancel  func(ctx context.Context, id job.ID, by string) (CancelAnswer, error)
	Status  func(ctx context.Context) (any, error)
	Stats   func(ctx context.Context) (any, error)
	Catalog func(ctx context.Context) (any, error)
}

// Serve answers the control requests of the queue until ctx ends. It is a part
// of the term: without an active bridge nobody answers, and whoever asks
// learns at once that the bridge is offline.
func (t *Term) Serve(ctx context.Context, c Control) error {
	room := semaphore.NewWeighted(controlLimit)
	service, err := t.announce(ctx, c, room)
	if err != nil {
		return fmt.Errorf("serve control requests: %w", err)
	}
	t.b.cfg.Log.InfoContext(ctx, "answering control requests", keySubject, controlSubject(t.queue, "*"))
	<-ctx.Done()
	err = service.Stop()
	// All room taken means that no request is being worked on, and that none
	// which still arrives will be.
	_ = room.Acquire(context.WithoutCancel(ctx), controlLimit)
	if err != nil && t.b.nc.IsConnected() {
		return fmt.Errorf("stop serving control requests: %w", err)
	}
	return nil
}

func (t *Term) announce(ctx context.Context, c Control, room *semaphore.Weighted) (micro.Service, error) {
	service, err := micro.AddService(t.b.nc, micro.Config{
		Name: serviceName, Version: serviceVersion,
		Description: "The active bridge of queue " + string(t.queue),
		Metadata:    map[string]string{"queue": string(t.queue), "role": "active", "epoch": fmt.Sprint(t.Epoch())},
	})
	if err != nil {
		return nil, err
	}
	for verb, handle := range t.endpoints(c) {
		err := service.AddEndpoint(string(verb), t.handler(ctx, room, handle),
			micro.WithEndpointSubject(controlSubject(t.queue, verb)))
		if err != nil {
			return nil, errors.Join(err, service.Stop())
		}
	}
	// Only then is it true that requests are answered.
	if err := t.b.flush(ctx); err != nil {
		return nil, errors.Join(err, service.Stop())
	}
	return service, nil
}

// flush returns when the server has processed all that was sent before.
func (b *Broker) flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return b.nc.FlushWithContext(ctx)
}

// endpoint answers one request.
type endpoint func(ctx context.Context, body []byte) (any, error)

func (t *Term) endpoints(c Control) map[Verb]endpoint {
	return map[Verb]endpoint{
		VerbStatus: func(ctx context.Context, _ []byte) (any, error) { return call(ctx, c.Status, nil) },
		VerbStats: func(ctx context.Context, _ []byte) (any, error) {
			return call(ctx, c.Stats, func(context.Context) (any, error) { return t.b.Stats(), nil })
		},
		VerbCatalog: func(ctx context.Context, _ []byte) (any, error) {
			return call(ctx, c.Catalog, func(ctx context.Context) (any, error) { return t.b.Catalog(ctx, t.queue) })
		},
		VerbCancel: func(ctx context.Context, body []byte) (any, error) {
			return cancelJob(ctx, c, body)
		},
	}
}

// call uses f, or where it is nil the other one.
func call(ctx context.Context, f, otherwise func(context.Context) (any, error)) (any, error) {
	if f == nil {
		f = otherwise
	}
	if f == nil {
		return nil, &job.Error{Code: job.CodeInternal, Message: "this bridge does not offer that"}
	}
	return f(ctx)
}

func cancelJob(ctx context.Context, c Control, body []byte) (any, error) {
	r, err := parseCancel(body)
	if err != nil {
		return nil, &job.Error{Code: job.CodeInvalid, Message: err.Error()}
	}
	if c.Cancel == nil {
		return call(ctx, nil, nil)
	}
	return c.Cancel(ctx, r.Job, r.By)
}

func parseCancel(body []byte) (cancelRequest, error) {
	var r cancelRequest
	if err := json.Unmarshal(body, &r); err != nil {
		return cancelRequest{}, fmt.Errorf("decode the request: %w", err)
	}
	if r.Job.IsZero() {
		return cancelRequest{}, errors.New("the request names no job")
	}
	return r, nil
}

// handler runs each request in a goroutine of its own, so that a cancel that
// waits for ComfyUI keeps nobody waiting; a full house is told so.
func (t *Term) handler(ctx context.Context, room *semaphore.Weighted, handle endpoint) micro.Handler {
	return micro.HandlerFunc(func(req micro.Request) {
		if !room.TryAcquire(1) {
			t.refuse(ctx, req, &job.Error{Code: job.CodeBridgeOffline, Message: "it is too busy, or stopping"})
			return
		}
		go func() {
			defer room.Release(1)
			ctx, cancel := context.WithTimeout(ctx, controlWithin)
			defer cancel()
			t.respond(ctx, req, handle)
		}()
	})
}

func (t *Term) respond(ctx context.Context, req micro.Request, handle endpoint) {
	if t.Held() != nil {
		t.refuse(ctx, req, &job.Error{Code: job.CodeBridgeOffline, Message: "another bridge is taking over"})
		return
	}
	answer, err := handle(ctx, req.Data())
	if err != nil {
		t.refuse(ctx, req, err)
		return
	}
	if err := req.RespondJSON(answer); err != nil {
		t.b.cfg.Log.WarnContext(ctx, "could not answer a control request", keySubject, req.Subject(), keyError, err)
	}
}

// refuse answers with an error; what is none of ours is logged and passed on
// as internal.
func (t *Term) refuse(ctx context.Context, req micro.Request, err error) {
	coded, ok := errors.AsType[*job.Error](err)
	switch {
	case ok:
	case t.Held() != nil, errors.Is(err, ErrLeaseLost), errors.Is(err, ErrFenced):
		coded = &job.Error{Code: job.CodeBridgeOffline, Message: "another bridge is taking over"}
	default:
		t.b.cfg.Log.ErrorContext(ctx, "a control request failed", keySubject, req.Subject(), keyError, err)
		coded = &job.Error{Code: job.CodeInternal}
	}
	body, err := json.Marshal(coded)
	if err == nil {
		err = req.Error(string(coded.Code), coded.Error(), body)
	}
	if err != nil {
		t.b.cfg.Log.WarnContext(ctx, "could not answer a control request", keySubject, req.Subject(), keyError, err)
	}
}
