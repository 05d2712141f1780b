package catalog_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/catalog"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// stored is a catalog that can change, and be out of reach.
type stored struct {
	names atomic.Pointer[[]string]
	err   atomic.Pointer[error]
}

func (s *stored) put(names ...string) { s.names.Store(&names) }

func (s *stored) Catalog(context.Context, job.Queue) (workflow.Catalog, error) {
	if err := s.err.Load(); err != nil {
		return workflow.Catalog{}, *err
	}
	var c workflow.Catalog
	for _, name := range *s.names.Load() {
		o := workflow.Offer{}
		o.Name = name
		c.Offers = append(c.Offers, o)
	}
	return c, nil
}

func TestTheNewestCatalogIsAtHand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, log := &stored{}, &bytes.Buffer{}
		s.err.Store(&broker.ErrNotFound)
		c := &catalog.Cache{Source: s, Queue: "q", Log: slog.New(slog.NewTextHandler(log, nil))}
		has := func(step string, want int) {
			t.Helper()
			time.Sleep(catalog.Every + time.Second)
			synctest.Wait()
			if n := len(c.Get().Offers); n != want {
				t.Errorf("%s: %d offers, want %d", step, n, want)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { c.Run(ctx); close(done) }()
		has("no bridge ever was", 0)
		s.put("a")
		s.err.Store(nil)
		has("a bridge is there", 1)
		s.put("a", "b")
		has("a workflow is new", 2)
		s.err.Store(new(errors.New("gone")))
		has("NATS is out of reach", 2)
		has("and still is", 2)
		if err := c.Refresh(ctx); err == nil {
			t.Error("it is not said that it could not be read")
		}
		if n := strings.Count(log.String(), "could not be read"); n != 1 {
			t.Errorf("it is logged %d times: %s", n, log)
		}
		cancel()
		<-done
	})
}
