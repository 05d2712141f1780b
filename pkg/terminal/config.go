package terminal

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// Config says where and how jobs are shown.
type Config struct {
	// Out takes what is shown when Screen is nil: JSON lines or a plain log.
	Out io.Writer
	// Screen, where there is a terminal, is redrawn in place.
	Screen *Screen
	// Color allows colours on the Screen.
	Color bool
	// Pictures is how the terminal takes pictures. Used with Screen only.
	Pictures Protocol
	// JSON writes one Event a line to Out, whatever Screen is.
	JSON bool
	// Dir takes the result files; it is made when the first one comes.
	Dir string
	// Queue is where jobs are submitted and watched. Defaults to "default".
	Queue job.Queue
	// Log takes what is not for the person who watches. Defaults to none.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Queue == "" {
		c.Queue = job.DefaultQueue
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Rhythm of watching.
const (
	frameEvery = 100 * time.Millisecond // at most ten frames a second
	probeAfter = 3 * time.Second        // of silence: is the bridge there?
	probeBound = 2 * time.Second        // for its answer
)

// Ingress is what asking for a job needs of the broker.
type Ingress interface {
	inputs
	Catalog(ctx context.Context, q job.Queue) (workflow.Catalog, error)
	Submit(ctx context.Context, r job.Request) (broker.Receipt, error)
}

// Source is what watching jobs needs of the broker.
type Source interface {
	results
	Follow(ctx context.Context, q job.Queue, ids ...job.ID) (<-chan broker.Update, error)
	Status(ctx context.Context, q job.Queue) (json.RawMessage, error)
}
