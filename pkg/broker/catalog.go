package broker

import (
	"context"
	"encoding/json"
	"fmt"

	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// Catalog is the stored list of what the queue offers: workflows, their
// parameters and choices. It is there also while no bridge runs; ErrNotFound
// where none ever did.
func (b *Broker) Catalog(ctx context.Context, q job.Queue) (workflow.Catalog, error) {
	data, err := b.value(ctx, KindCatalog, q)
	if err != nil {
		return workflow.Catalog{}, err
	}
	return parseCatalog(data)
}

func parseCatalog(data []byte) (workflow.Catalog, error) {
	var c workflow.Catalog
	if err := json.Unmarshal(data, &c); err != nil {
		return workflow.Catalog{}, fmt.Errorf("decode the catalog: %w", err)
	}
	return c, nil
}

// PublishCatalog stores what the queue offers, through the fence.
func (t *Term) PublishCatalog(ctx context.Context, c workflow.Catalog) error {
	data, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode the catalog: %w", err)
	}
	if err := t.save(ctx, KindCatalog, data); err != nil {
		return fmt.Errorf("store the catalog: %w", err)
	}
	return nil
}
