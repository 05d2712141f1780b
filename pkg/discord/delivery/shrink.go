package delivery

import (
	"context"
	"fmt"
)

const (
	mostShrinks = 4
	leastLimit  = 64 << 10 // bytes below which nothing is worth looking at
)

// Shrink replaces the only file of the n-th batch by a smaller form, after
// Discord refused it: first one that fits the usual limit, then half as many
// bytes each time, then no file but a link or words. Notes and Links follow.
// The error is Prepare's; the batch is as before then.
func (p *Plan) Shrink(ctx context.Context, n int) error {
	if n < 0 || n >= len(p.Batches) || len(p.Batches[n].items) != 1 {
		return nil
	}
	old := p.Batches[n].items[0]
	it := &item{n: old.n, result: old.result, link: old.link, limit: nextLimit(old), shrinks: old.shrinks + 1}
	if err := p.again(ctx, it, old); err != nil {
		it.file.remove()
		return fmt.Errorf("make file %d smaller: %w", it.n, err)
	}
	old.file.remove()
	p.items[it.n-1] = it
	p.Batches[n] = Batch{}
	if it.file != nil {
		p.Batches[n].add(it, p.order)
	}
	defer p.describe()
	return p.addLinks()
}

// nextLimit is what to try after a size was refused: the place's limit was that
// of a person with a larger allowance, or is not what we were told.
func nextLimit(it *item) int64 {
	if it.size() > DefaultLimit {
		return DefaultLimit
	}
	return it.size() / 2
}

// again makes a smaller form.
func (p *Plan) again(ctx context.Context, it, old *item) error {
	if it.shrinks > mostShrinks || it.limit < leastLimit {
		it.kind = old.kind
		it.drop("")
		return nil
	}
	return p.make(ctx, it)
}
