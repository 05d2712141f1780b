// Package catalog keeps the newest catalog of a queue at hand, so that nobody
// who answers within three seconds has to read it first.
//
// Cache.Run reads it every few seconds and returns when its context has ended;
// all other methods may be called from any goroutine, before Run too.
package catalog

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// Every is how often a Cache reads, unless it is told otherwise.
const Every = 3 * time.Second

// Source is where the catalog is stored; broker.Broker is one.
type Source interface {
	Catalog(ctx context.Context, q job.Queue) (workflow.Catalog, error)
}

// Cache is the newest catalog that could be read.
type Cache struct {
	Source Source
	Queue  job.Queue
	Every  time.Duration // 0 means Every
	Log    *slog.Logger  // nil discards
	newest atomic.Pointer[workflow.Catalog]
}

// Get is the newest catalog; it has no offers while none could be read, or no
// bridge ever was.
func (c *Cache) Get() workflow.Catalog {
	if newest := c.newest.Load(); newest != nil {
		return *newest
	}
	return workflow.Catalog{}
}

// Refresh reads it now. That there is none is no error.
func (c *Cache) Refresh(ctx context.Context) error {
	newest, err := c.Source.Catalog(ctx, c.Queue)
	if errors.Is(err, broker.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c.newest.Store(&newest)
	return nil
}

// Run keeps it new until ctx ends.
func (c *Cache) Run(ctx context.Context) {
	tick := time.NewTicker(cmp.Or(c.Every, Every))
	defer tick.Stop()
	complain := rate.Sometimes{First: 1, Interval: time.Minute}
	for {
		if err := c.Refresh(ctx); err != nil && ctx.Err() == nil && c.Log != nil {
			complain.Do(func() {
				c.Log.WarnContext(ctx, "what can be ordered could not be read, the former list stays", slog.Any("error", err))
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
