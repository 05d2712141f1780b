package source

import (
	"context"
	"time"

	"discomfy/pkg/discord/api"
)

// Handler answers an interaction by callback, and returns when that is done or given up;
// long work goes on elsewhere. It is called from many goroutines. The same interaction
// may come more than once, here and at other replicas. Its context outlives the Run that
// called it, within a bound.
type Handler interface {
	Handle(ctx context.Context, i api.Interaction)
}

// Locker lets one replica at a time begin a session. It says whether the caller is the
// first to claim the key since it was last free; ttl frees it.
type Locker interface {
	Claim(ctx context.Context, key string, ttl time.Duration) (bool, error)
}
