package bridge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/workflow"
)

const (
	// catalogEvery is how often the server's nodes and models are read again.
	catalogEvery = 5 * time.Minute
	// nodesWithin bounds reading the node list: many MB on servers with custom
	// nodes.
	nodesWithin = 60 * time.Second
)

// keepCatalog reads what the server offers, at each new connection and now and
// then, and publishes what users can ask for.
func (a *active) keepCatalog(ctx context.Context) error {
	if err := a.firstCatalog(ctx); err != nil {
		return err
	}
	complain := sparingly()
	tick := time.NewTicker(catalogEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.link.refresh:
		case <-tick.C:
		}
		if a.link.state().gen == 0 {
			continue
		}
		if err := a.refresh(ctx); err != nil && ctx.Err() == nil {
			complain.Do(func() {
				a.log.WarnContext(ctx, "could not learn what the server offers; trying again", slog.Any(keyError, err))
			})
			if pause(ctx, time.Second) {
				poke(a.link.refresh)
			}
		}
	}
}

// firstCatalog publishes the workflows without a server's choices where nothing
// was ever published, so that requests can be checked before ComfyUI comes.
func (a *active) firstCatalog(ctx context.Context) error {
	_, err := a.broker.Catalog(ctx, a.cfg.Queue)
	if !errors.Is(err, broker.ErrNotFound) {
		return nil
	}
	return wrap("publish the catalog", a.term.PublishCatalog(ctx, a.workflows.Catalog(nil)))
}

func (a *active) refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, nodesWithin)
	defer cancel()
	stats, err := a.comfy.SystemStats(ctx)
	if err != nil {
		return fmt.Errorf("read the server's version: %w", err)
	}
	nodes, err := a.readNodes(ctx)
	if err != nil {
		return err
	}
	first := a.link.state().nodes == nil
	a.link.learned(stats.Version, deviceNames(stats), nodes)
	a.orderChanged()
	if first {
		a.log.InfoContext(ctx, "learned what ComfyUI offers", slog.String("version", stats.Version.String()),
			slog.Any("devices", deviceNames(stats)), slog.Int("node_classes", nodes.Len()))
		a.complain(ctx, nodes)
	}
	return wrap("publish the catalog", a.term.PublishCatalog(ctx, a.workflows.Catalog(nodes)))
}

// complain logs what is wrong with the workflows on this server.
func (a *active) complain(ctx context.Context, nodes *workflow.Nodes) {
	for _, w := range a.workflows.All() {
		for _, p := range w.Check(nodes) {
			a.log.WarnContext(ctx, "workflow problem", slog.String(keyWorkflow, w.Manifest.Name), slog.String("problem", p.String()))
		}
	}
}

func (a *active) readNodes(ctx context.Context) (*workflow.Nodes, error) {
	return parseNodes(a.comfy.ObjectInfo(ctx))
}

func parseNodes(body io.ReadCloser, err error) (*workflow.Nodes, error) {
	if err != nil {
		return nil, fmt.Errorf("read the server's nodes: %w", err)
	}
	defer body.Close()
	nodes, err := workflow.ParseNodes(body)
	if err != nil {
		return nil, fmt.Errorf("read the server's nodes: %w", err)
	}
	return nodes, nil
}

// renewNodes reads some of the server's node classes again, outside the usual
// pace: all of them can be many MB.
func (a *active) renewNodes(ctx context.Context, classes []string) error {
	ctx, cancel := context.WithTimeout(ctx, nodesWithin)
	defer cancel()
	nodes := a.link.state().nodes
	for _, class := range classes {
		fresh, err := parseNodes(a.comfy.ObjectInfoClass(ctx, class))
		if err != nil {
			return err
		}
		nodes = nodes.With(fresh)
	}
	a.link.renew(nodes)
	return nil
}

// keepMemory stores the learned durations after they changed, and at the end.
func (a *active) keepMemory(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.learnt:
		}
		a.saveMemory(ctx)
		if !pause(ctx, 5*time.Second) {
			// The lease is still held for a moment during an orderly stop.
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			if a.term.Held() == nil {
				a.saveMemory(last)
			}
			return ctx.Err()
		}
	}
}

func (a *active) saveMemory(ctx context.Context) {
	data, err := a.memory.store(func(name string) bool { _, ok := a.workflows.Get(name); return ok })
	if err == nil {
		err = a.term.SaveMemory(ctx, data)
	}
	if err != nil {
		a.log.WarnContext(ctx, "learned durations not stored", slog.Any(keyError, err))
	}
}
