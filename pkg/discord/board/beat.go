package board

import (
	"context"
	"time"
)

const (
	// beatEvery is how often every card looks at the time: tokens die, and
	// messages grow old, without an event.
	beatEvery = time.Second
	// holdEvery is how often states are asked to stay; they go elsewhere after
	// 30 s of silence.
	holdEvery = 8 * time.Second
)

// beat wakes the cards until ctx ends, and keeps what they hold.
func (b *Board) beat(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	held := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		hold := time.Since(held) >= holdEvery
		if hold {
			held = time.Now()
		}
		for _, c := range b.open() {
			if hold {
				c.hold()
			}
			c.stir()
		}
	}
}

func (b *Board) open() []*keeper {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]*keeper, 0, len(b.cards))
	for _, c := range b.cards {
		all = append(all, c)
	}
	return all
}
